"""IAM policies: who has which role on a resource, as each version of a policy tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from google.iam.v1.policy_pb2 import Policy

from fake_google_cloud.errors import invalid


def add_grant(policy: Policy, role: str, members: Sequence[str], condition: str = "") -> None:
    """Give a role to members, under a condition if one is given."""
    binding = policy.bindings.add(role=role, members=members)
    if condition:
        binding.condition.title = "a condition"
        binding.condition.expression = condition


def as_version(policy: Policy, version: int) -> Policy:
    """Return a policy as it is told to whom asks for a version: before 3, without conditions."""
    if version not in (0, 1, 3):
        raise invalid(f"Invalid requested policy version: {version}.")
    told = Policy(version=1, etag=b"ACAB", bindings=policy.bindings)
    for binding in told.bindings:
        if expression := binding.condition.expression:
            if version == 3:
                told.version = 3
                continue
            digest = hashlib.sha256(expression.encode()).hexdigest()[:20]
            binding.role += f"_withcond_{digest}"
            binding.ClearField("condition")
    return told
