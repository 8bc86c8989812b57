"""Checks that a secret is there, and that the job's service account may read it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from google.api_core.exceptions import NotFound

from cs_cloud.checks.asking import Asking
from cs_cloud.checks.check import CheckFailedError
from cs_cloud.checks.grants import (
    Access,
    Grant,
    check_access,
    grants_in,
    policy_request,
    read_policy,
    read_policy_of_project,
)
from cs_cloud.google.api_errors import explained

_ACCESSOR = "roles/secretmanager.secretAccessor"
_READERS = (_ACCESSOR, "roles/secretmanager.admin", "roles/owner")


def check_secret(asking: Asking, version: str, account: str) -> str:
    """See that a version of a secret can be read by a job; its value is not asked for.

    Args:
        asking: whom to ask.
        version: projects/P/secrets/S/versions/V.
        account: e-mail of the job's service account.
    """
    secret = version.partition("/versions/")[0]
    with explained(f"looking at {version}"):
        number = _check_version(asking, version, secret)
    _, project, _, name = secret.split("/")
    member = f"serviceAccount:{account}"
    access = Access(
        verb="read",
        member=member,
        roles=_READERS,
        unsure=(),
        fix=f"gcloud secrets add-iam-policy-binding {name} --member={member} --role={_ACCESSOR}"
        f" --project={project}",
    )
    with explained(f"asking who may read {secret}"):
        policy = read_policy("its", partial(_grants, asking, secret))
        check_access(access, policy, partial(read_policy_of_project, asking, project))
    return f"version {number} is enabled, and {account} may read it"


def _grants(asking: Asking, secret: str) -> Iterable[Grant]:
    request = policy_request(secret)
    return grants_in(asking.clients.secrets.get_iam_policy(request=request, **asking.limits))


def _check_version(asking: Asking, version: str, secret: str) -> str:
    _, project, _, name = secret.split("/")
    # gcloud then reads the value from the terminal: it stands in no history of commands
    add = f"gcloud secrets versions add {name} --data-file=- --project={project}"
    try:
        found = asking.clients.secrets.get_secret_version(name=version, **asking.limits)
    except NotFound:
        try:
            asking.clients.secrets.get_secret(name=secret, **asking.limits)
        except NotFound as error:
            raise CheckFailedError(
                f"there is none in {project}; type its value, then ^D",
                f"gcloud secrets create {name} --data-file=- --project={project}",
            ) from error
        wanted = version.rpartition("/")[2]
        raise CheckFailedError(f"has no version {wanted}; type its value, then ^D", add) from None
    number = str(found.name.rpartition("/")[2])
    if found.state.name == "DISABLED":
        raise CheckFailedError(
            f"version {number} is disabled",
            f"gcloud secrets versions enable {number} --secret={name} --project={project}",
        )
    if found.state.name != "ENABLED":
        raise CheckFailedError(
            f"version {number} is in the state {found.state.name}; type a new value, then ^D", add
        )
    return number
