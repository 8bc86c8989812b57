"""Checks that a secret is there, and that the job's service account may read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from google.api_core.exceptions import GoogleAPIError, NotFound

from cs_cloud.api_errors import explained
from cs_cloud.checks import CheckFailedError, NotCheckedError
from cs_cloud.preflight.asking import Asking

if TYPE_CHECKING:
    from google.iam.v1.policy_pb2 import Binding, Policy

_ACCESSOR = "roles/secretmanager.secretAccessor"
_READERS = (_ACCESSOR, "roles/secretmanager.admin", "roles/owner")
_ANYBODY = ("allUsers", "allAuthenticatedUsers")
_GROUPS = ("group:", "domain:", "principalSet:")

_Answer: TypeAlias = Literal["yes", "perhaps", "no"]


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
    member = f"serviceAccount:{account}"
    with explained(f"asking who may read {secret}"):
        policy = asking.clients.secrets.get_iam_policy(
            request={"resource": secret}, **asking.limits
        )
    _check_reader(asking, secret, member, _may_read(policy, member))
    return f"version {number} is enabled, and {account} may read it"


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


def _check_reader(asking: Asking, secret: str, member: str, on_it: _Answer) -> None:
    """See that an account may read a secret, by a grant on the secret or on its project."""
    if on_it == "yes":
        return
    _, project, _, name = secret.split("/")
    cure = (
        f"gcloud secrets add-iam-policy-binding {name} --member={member} --role={_ACCESSOR}"
        f" --project={project}"
    )
    try:
        policy = asking.clients.projects.get_iam_policy(
            resource=f"projects/{project}", **asking.limits
        )
    except GoogleAPIError as error:
        raise NotCheckedError(
            f"{member} is not granted {_ACCESSOR} on the secret itself, and who may read all"
            " secrets of the project cannot be seen",
            cure,
        ) from error
    on_project = _may_read(policy, member)
    if on_project == "yes":
        return
    if "perhaps" in (on_it, on_project):
        raise NotCheckedError(
            f"whether {member} may read it hangs on a group, a condition, or a role of your own",
            cure,
        )
    raise CheckFailedError(f"{member} may not read it: neither it nor its project says so", cure)


def _may_read(policy: Policy, member: str) -> _Answer:
    answers = {answer for binding in policy.bindings for answer in _told(binding, member)}
    return "yes" if "yes" in answers else "perhaps" if answers else "no"


def _told(binding: Binding, member: str) -> Iterator[_Answer]:
    named = any(one in (member, *_ANYBODY) for one in binding.members)
    in_group = any(one.startswith(_GROUPS) for one in binding.members)
    reads = binding.role in _READERS
    own_role = not binding.role.startswith("roles/")  # and so of unknown permissions
    if named and reads and not binding.condition.expression:
        yield "yes"
    elif (named and (reads or own_role)) or (in_group and reads):
        yield "perhaps"
