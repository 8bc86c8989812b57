"""IAM policies: who has which role on a resource, in the form of each version of a policy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from fake_google_cloud.errors import invalid


class Policy:
    """The bindings of one resource."""

    def __init__(self) -> None:
        self.bindings: list[dict[str, Any]] = []

    def add(self, role: str, members: Sequence[str], condition: str = "") -> None:
        """Give a role to members, under a condition if one is given."""
        binding: dict[str, Any] = {"role": role, "members": list(members)}
        if condition:
            binding["condition"] = {"title": "a condition", "expression": condition}
        self.bindings.append(binding)

    def as_version(self, version: int) -> dict[str, Any]:
        """Return the policy as JSON; before version 3 a role's name stands for its condition."""
        if version not in (0, 1, 3):
            raise invalid(f"Invalid requested policy version: {version}.")
        conditional = any("condition" in binding for binding in self.bindings)
        bindings = self.bindings if version == 3 else [_flat(each) for each in self.bindings]
        given = 3 if version == 3 and conditional else 1
        return {"version": given, "etag": "QUNBQg==", "bindings": bindings}


def _flat(binding: dict[str, Any]) -> dict[str, Any]:
    if "condition" not in binding:
        return binding
    digest = hashlib.sha256(binding["condition"]["expression"].encode()).hexdigest()[:20]
    return {"role": f"{binding['role']}_withcond_{digest}", "members": binding["members"]}
