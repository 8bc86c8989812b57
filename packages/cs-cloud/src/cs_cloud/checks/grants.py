"""Decide by the IAM policies of a resource and of its project whether an account may use it.

What folders and the organisation grant is not seen, nor who is in a group, nor what is in a role of
one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

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


def check_access(
    context: CheckContext,
    member: str,
    verb: str,
    roles: Collection[str],
    own_policy: Callable[[], Mapping[str, Any]],
    project: str,
    *,
    fix: str,
    unsure: Collection[str] = (),
) -> None:
    """Check that a member may use a resource, by its policy or else by that of its project.

    Args:
        context: the clients.
        member: the account, as policies name it: `serviceAccount:E-MAIL`.
        verb: what it is to do with the resource.
        roles: any of them is enough.
        own_policy: reads the policy of the resource, as the APIs' JSON has it.
        project: the id or number of its project, "" if that is not known.
        fix: the command that grants it.
        unsure: any of these roles may be enough, together with others or with what is not seen.

    Raises:
        CheckFailedError: both policies can be seen, and neither grants it.
        NotCheckedError: that depends on what cannot be seen.
    """
    answers, unseen = set(), []
    project_policy = partial(_policy_of_project, context, project)
    for whose, read in (("its", own_policy), ("its project's", project_policy)):
        try:
            answers |= {grant.allows(member, roles, unsure) for grant in _grants_in(read())}
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


def _policy_of_project(context: CheckContext, project: str) -> Mapping[str, Any]:
    if not project:
        raise NotCheckedError("finding its project needs the permission storage.buckets.get")
    body = {"options": {"requestedPolicyVersion": WITH_CONDITIONS}}
    call = f"projects/{project}:getIamPolicy"
    return context.clients.projects.post(call, body, **context.limits)


def _grants_in(policy: Mapping[str, Any]) -> list[Grant]:
    return [
        Grant(one["role"], one.get("members", ()), one.get("condition", {}).get("expression", ""))
        for one in policy.get("bindings", ())
    ]
