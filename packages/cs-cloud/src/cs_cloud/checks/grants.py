"""Decide by the IAM policies of a resource and of its project whether an account may use it.

What folders and the organisation grant is not seen, nor who is in a group, nor what is in a role of
one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from google.api_core.exceptions import Forbidden

from cs_cloud.checks.check import CheckFailedError, NotCheckedError
from cs_cloud.checks.context import CheckContext
from cs_cloud.google.api_errors import explanation_of

if TYPE_CHECKING:
    from google.iam.v1.policy_pb2 import Policy

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


ReadGrants: TypeAlias = Callable[[], Iterable[Grant]]
"""Ask an API for the grants of a policy; raise NotCheckedError where there is nothing to ask."""


@dataclass(frozen=True)
class Access:
    """What an account is to be able to do with a resource."""

    verb: str
    account: str
    """Its e-mail."""
    roles: Collection[str]
    """Any of them is enough."""
    unsure: Collection[str]
    """Any of them may be enough, together with others or with what is not seen here."""
    fix: str
    """The command that grants it."""

    @property
    def member(self) -> str:
        """The account, as policies name it."""
        return f"serviceAccount:{self.account}"

    def given_by(self, grant: Grant) -> _Answer:
        """Return whether a grant is enough."""
        named = any(one in (self.member, *_ANYBODY) for one in grant.members)
        in_group = any(one.startswith(_GROUPS) for one in grant.members)
        if grant.role in self.roles:
            if named and not grant.condition:
                return "yes"
            return "perhaps" if named or in_group else "no"
        own_role = not grant.role.startswith("roles/")  # and so of unknown permissions
        return "perhaps" if named and (own_role or grant.role in self.unsure) else "no"


def check_access(access: Access, read_own: ReadGrants, read_of_project: ReadGrants) -> None:
    """Check that an account may use a resource.

    Args:
        access: what is to be possible.
        read_own: reads the policy of the resource.
        read_of_project: reads that of its project; only called if the first is not enough.

    Raises:
        CheckFailedError: both policies can be seen, and neither grants it.
        NotCheckedError: that depends on what cannot be seen.
    """
    answers: set[_Answer] = set()
    unseen = []
    for whose, read in (("its", read_own), ("its project's", read_of_project)):
        try:
            answers |= {access.given_by(grant) for grant in read()}
        except NotCheckedError as error:
            unseen.append(error.detail)
        except Forbidden as error:
            if error.reason == "SERVICE_DISABLED":
                raise
            unseen.append(f"reading {whose} IAM policy {explanation_of(error).problem}")
        if "yes" in answers:
            return
    if unseen or "perhaps" in answers:
        why = "; ".join(unseen) or "it hangs on a group, a condition, or what is in a role"
        raise NotCheckedError(
            f"whether {access.member} may {access.verb} it cannot be seen: {why}", access.fix
        )
    raise CheckFailedError(
        f"{access.member} may not {access.verb} it: neither it nor its project says so", access.fix
    )


def grants_of_project(context: CheckContext, project: str) -> list[Grant]:
    """Return the grants of a project, which its id or its number names."""
    request = policy_request(f"projects/{project}")
    return grants_in(context.clients.projects.get_iam_policy(request=request, **context.limits))


def policy_request(resource: str) -> dict[str, Any]:
    """Return the request for a resource's policy."""
    return {"resource": resource, "options": {"requested_policy_version": WITH_CONDITIONS}}


def grants_in(policy: Policy) -> list[Grant]:
    """Return the grants of a policy as most APIs give it."""
    return [
        Grant(binding.role, tuple(binding.members), binding.condition.expression)
        for binding in policy.bindings
    ]
