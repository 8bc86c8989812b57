"""Decide by the IAM policies of a resource and of its project whether an account may use it.

What folders and the organisation grant is not seen, nor who is in a group, nor what is in a role of
one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from google.api_core.exceptions import Forbidden

from cs_cloud.checks.result import CheckContext, CheckFailedError, NotCheckedError
from cs_cloud.google.api_errors import explanation_of

WITH_CONDITIONS = 3
"""The version of a policy to ask for; the earlier ones leave the conditions out."""

_ANYBODY = ("allUsers", "allAuthenticatedUsers")
_GROUPS = ("group:", "domain:", "principalSet:")


class Grant(NamedTuple):
    """A role that members have, under a condition if there is one."""

    role: str
    members: Collection[str]
    condition: str = ""

    def allows(
        self, member: str, roles: Collection[str], unsure: Collection[str]
    ) -> Literal["yes", "perhaps", "no"]:
        """Return whether it gives a member one of the roles; perhaps where that is not seen."""
        named = any(one in (member, *_ANYBODY) for one in self.members)
        in_group = any(one.startswith(_GROUPS) for one in self.members)
        if self.role in roles:
            if named and not self.condition:
                return "yes"
            return "perhaps" if named or in_group else "no"
        own_role = not self.role.startswith("roles/")  # and so of unknown permissions
        return "perhaps" if named and (own_role or self.role in unsure) else "no"


ReadGrants: TypeAlias = Callable[[], Iterable[Grant]]
"""Ask for the grants of a policy; raise NotCheckedError where that is not possible."""


def check_access(
    member: str,
    verb: str,
    roles: Collection[str],
    own: ReadGrants,
    of_project: ReadGrants,
    *,
    fix: str,
    unsure: Collection[str] = (),
) -> None:
    """Check that a member may use a resource, by its policy or else by that of its project.

    Args:
        member: the account, as policies name it: `serviceAccount:E-MAIL`.
        verb: what it is to do with the resource.
        roles: any of them is enough.
        own: reads the policy of the resource.
        of_project: reads that of its project.
        fix: the command that grants it.
        unsure: any of these roles may be enough, together with others or with what is not seen.

    Raises:
        CheckFailedError: both policies can be seen, and neither grants it.
        NotCheckedError: that depends on what cannot be seen.
    """
    answers, unseen = set(), []
    for whose, read in (("its", own), ("its project's", of_project)):
        try:
            answers |= {grant.allows(member, roles, unsure) for grant in read()}
        except NotCheckedError as error:
            unseen.append(error.detail)
        except Forbidden as error:
            if error.reason == "SERVICE_DISABLED":
                raise
            unseen.append(f"reading {whose} IAM policy {explanation_of(error).problem}")
        if "yes" in answers:
            return
    if unseen or "perhaps" in answers:
        why = "; ".join(unseen) or "it depends on a group, a condition, or what is in a role"
        raise NotCheckedError(f"whether {member} may {verb} it cannot be seen: {why}", fix)
    raise CheckFailedError(
        f"{member} may not {verb} it: neither its own policy nor its project's grants that", fix
    )


def grants_of_project(context: CheckContext, project: str) -> list[Grant]:
    """Return the grants of a project, which its id or its number names."""
    body = {"options": {"requestedPolicyVersion": WITH_CONDITIONS}}
    call = f"projects/{project}:getIamPolicy"
    return grants_in(context.clients.projects.post(call, body, **context.limits))


def grants_in(policy: Mapping[str, Any]) -> list[Grant]:
    """Return the grants of a policy, as the APIs' JSON has it."""
    return [
        Grant(one["role"], one.get("members", ()), one.get("condition", {}).get("expression", ""))
        for one in policy.get("bindings", ())
    ]
