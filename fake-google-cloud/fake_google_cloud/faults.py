"""Faults that a test orders: which calls go wrong, how, and how many times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from fake_google_cloud.errors import ApiError

Kind: TypeAlias = str | int | Callable[[bytes], bytes]

_REFUSALS = {
    "unavailable": ("UNAVAILABLE", "The service is currently unavailable."),
    "deadline": ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    "resource_exhausted": ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "permission_denied": ("PERMISSION_DENIED", "The caller does not have permission"),
    "unauthenticated": (
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login"
        " cookie or other valid authentication credential.",
    ),
    "not_found": ("NOT_FOUND", "Requested entity was not found."),
    "internal": ("INTERNAL", "Internal error encountered."),
}
KINDS = (*_REFUSALS, "answer_lost", "slow", "garbage", "reset", "drip")


@dataclass
class Fault:
    """What goes wrong, as `Server.fail` describes it, and for how many calls it still does."""

    kind: Kind
    times: float = 1
    seconds: float = 1

    @property
    def refusal(self) -> ApiError | None:
        """What the call is refused with, if it is refused."""
        if self.kind == 401:
            return ApiError(401, "Anonymous caller does not have storage.objects access")
        if isinstance(self.kind, int):
            return ApiError(self.kind, "planted")
        return ApiError(*_REFUSALS[self.kind]) if self.kind in _REFUSALS else None
