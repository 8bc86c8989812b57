"""Tells whether an account may use a resource, by the IAM policies of the resource and its project.

What folders and the organisation grant is not seen, nor who is in a group, nor what is in a role of
one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from google.api_core.exceptions import Forbidden

from cs_cloud.checks.asking import Asking
from cs_cloud.checks.check import CheckFailedError, NotCheckedError
from cs_cloud.google.api_errors import explanation_of

if TYPE_CHECKING:
    from google.iam.v1.policy_pb2 import Policy as PolicyMessage

WITH_CONDITIONS = 3
"""The version of a policy to ask for; the earlier ones leave the conditions out."""

_ANYBODY = ("allUsers", "allAuthenticatedUsers")
_GROUPS = ("group:", "domain:", "principalSet:")

_Answer: TypeAlias = Literal["yes", "perhaps", "no"]


class Grant(NamedTuple):
    """A role that members have, under a condition if there is one."""

    role: str
    members: Collection[str]
    condition: str = ""


@dataclass(frozen=True)
class Policy:
    """What could be seen of an IAM policy."""

    grants: tuple[Grant, ...] = ()
    unseen: str = ""
    """Why it could not be seen."""


@dataclass(frozen=True)
class Access:
    """What an account is to be able to do with a resource."""

    verb: str
    member: str
    """The account, as policies name it: `serviceAccount:E-MAIL`."""
    roles: Collection[str]
    """Any of them is enough."""
    unsure: Collection[str]
    """Any of them may be enough, together with others or with what is not seen here."""
    fix: str
    """The command that grants it."""


def read_policy(whose: str, ask: Callable[[], Iterable[Grant]]) -> Policy:
    """Return the policy that an API is asked for, unseen if the caller may not read it.

    Args:
        whose: `its`, or `its project's`.
        ask: asks for it.
    """
    try:
        return Policy(tuple(ask()))
    except Forbidden as error:
        if error.reason == "SERVICE_DISABLED":
            raise
        return Policy(unseen=f"reading {whose} IAM policy {explanation_of(error).problem}")


def read_policy_of_project(asking: Asking, project: str) -> Policy:
    """Return the policy of a project, which its id or its number names."""

    def ask() -> Iterable[Grant]:
        request = policy_request(f"projects/{project}")
        return grants_in(asking.clients.projects.get_iam_policy(request=request, **asking.limits))

    return read_policy("its project's", ask)


def policy_request(resource: str) -> dict[str, Any]:
    """Return the request for a resource's policy."""
    return {"resource": resource, "options": {"requested_policy_version": WITH_CONDITIONS}}


def grants_in(policy: PolicyMessage) -> list[Grant]:
    """Return the grants of a policy as most APIs give it."""
    return [
        Grant(binding.role, tuple(binding.members), binding.condition.expression)
        for binding in policy.bindings
    ]


def check_access(access: Access, own: Policy, read_of_project: Callable[[], Policy]) -> None:
    """See that an account may use a resource.

    Args:
        access: what is to be possible.
        own: the policy of the resource.
        read_of_project: reads that of its project, and is only called if the first is not enough.

    Raises:
        CheckFailedError: both policies can be seen, and neither grants it.
        NotCheckedError: that hangs on what cannot be seen.
    """
    if _says(own, access) == "yes":
        return
    policies = (own, read_of_project())
    answers = [_says(policy, access) for policy in policies]
    if "yes" in answers:
        return
    unseen = [policy.unseen for policy in policies if policy.unseen]
    if unseen or "perhaps" in answers:
        why = "; ".join(unseen) or "it hangs on a group, a condition, or what is in a role"
        raise NotCheckedError(
            f"whether {access.member} may {access.verb} it cannot be seen: {why}", access.fix
        )
    raise CheckFailedError(
        f"{access.member} may not {access.verb} it: neither it nor its project says so",
        access.fix,
    )


def _says(policy: Policy, access: Access) -> _Answer:
    """Return whether a policy lets the account; one that is unseen says no."""
    answers = {_gives(grant, access) for grant in policy.grants}
    return "yes" if "yes" in answers else "perhaps" if "perhaps" in answers else "no"


def _gives(grant: Grant, access: Access) -> _Answer:
    named = any(one in (access.member, *_ANYBODY) for one in grant.members)
    in_group = any(one.startswith(_GROUPS) for one in grant.members)
    if grant.role in access.roles:
        if named and not grant.condition:
            return "yes"
        return "perhaps" if named or in_group else "no"
    own_role = not grant.role.startswith("roles/")  # and so of unknown permissions
    return "perhaps" if named and (own_role or grant.role in access.unsure) else "no"
