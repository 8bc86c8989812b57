"""Check that a secret is there, and that the job's service account may read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.api_core.exceptions import NotFound

from cs_cloud.checks.grants import WITH_CONDITIONS, check_access
from cs_cloud.checks.result import CheckContext, CheckFailedError

_ACCESSOR = "roles/secretmanager.secretAccessor"
_READERS = (_ACCESSOR, "roles/secretmanager.admin", "roles/owner")


def check_secret(context: CheckContext, version: str, account: str) -> str:
    """Check that a service account can read projects/P/secrets/S/versions/V, without reading it."""
    secret = version.partition("/versions/")[0]
    number = _check_version(context, version, secret)
    _, project, _, name = secret.split("/")
    member = f"serviceAccount:{account}"

    def own_policy() -> Mapping[str, Any]:
        query = {"options.requestedPolicyVersion": WITH_CONDITIONS}
        call = f"{secret}:getIamPolicy"
        return context.clients.secrets.get(call, query, **context.limits)

    fix = f"gcloud secrets add-iam-policy-binding {name} --member={member} --role={_ACCESSOR}"
    fix += f" --project={project}"
    check_access(context, member, "read", _READERS, own_policy, project, fix=fix)
    return f"version {number} is enabled, and {account} may read it"


def _check_version(context: CheckContext, version: str, secret: str) -> str:
    _, project, _, name = secret.split("/")
    secrets, of_project = context.clients.secrets, f"--project={project}"
    # gcloud then reads the value from the terminal: it stands in no history of commands
    add = f"gcloud secrets versions add {name} --data-file=- {of_project}"
    try:
        found = secrets.get(version, **context.limits)
    except NotFound:
        try:
            secrets.get(secret, **context.limits)
        except NotFound as error:
            create = f"gcloud secrets create {name} --data-file=- {of_project}"
            message = f"there is none in {project}; type its value, then ^D"
            raise CheckFailedError(message, create) from error
        wanted = version.rpartition("/")[2]
        raise CheckFailedError(f"has no version {wanted}; type its value, then ^D", add) from None
    number, state = str(found["name"].rpartition("/")[2]), found["state"]
    if state == "DISABLED":
        enable = f"gcloud secrets versions enable {number} --secret={name} {of_project}"
        raise CheckFailedError(f"version {number} is disabled", enable)
    if state != "ENABLED":
        message = f"version {number} is in the state {state}; type a new value, then ^D"
        raise CheckFailedError(message, add)
    return number
