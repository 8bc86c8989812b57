"""Check the variables that a job file gives its container, above all that none is a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cs_cloud.secret_patterns import (
    REFERENCE_SCHEME,
    SECRET_FORM,
    SECRET_REFERENCE,
    holds_key,
    is_secret_name,
)

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec, EnvVar
    from cs_cloud.strict_yaml.messages import Located

_ADVICE = (
    f"whoever sees the job could read it; put it into Secret Manager and write {SECRET_FORM};"
    " if it was committed or shared, revoke it"
)


def check_environment(job: Located[CustomJobSpec], at: str, variables: Sequence[EnvVar]) -> None:
    """Check the list of variables at a field; a message never repeats a value.

    Raises:
        CloudError: a name is malformed, repeated or Vertex AI's own, or a value is a secret.
    """
    lines: dict[str, int] = {}
    for index, variable in enumerate(variables):
        field, name = f"{at}[{index}].name", variable.name
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            # the name is not repeated: somebody may have written NAME=SECRET
            raise job.fault(field, "must be letters, digits and `_`, with no digit first")
        if name.startswith("AIP_") or name in ("CLUSTER_SPEC", "TF_CONFIG"):
            raise job.fault(field, f"is {name}, which Vertex AI sets itself; use another")
        if name in lines:
            raise job.fault(field, f"is {name}, as in line {lines[name]}; keep one of them")
        lines[name] = job.line_of(field)
        _check_value(job, f"{at}[{index}].value", name, variable.value)


def _check_value(job: Located[CustomJobSpec], at: str, name: str, value: str) -> None:
    if SECRET_REFERENCE.fullmatch(value):
        return
    if value.startswith(REFERENCE_SCHEME):
        raise job.fault(at, f"names a secret, but not in the form {SECRET_FORM}")
    if is_secret_name(name):
        raise job.fault(at, f"is written out, and {name} is the name of a secret: {_ADVICE}")
    if holds_key(value):
        raise job.fault(at, f"is written out, and looks like a key: {_ADVICE}")
