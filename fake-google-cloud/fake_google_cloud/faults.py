"""Faults that a test orders: which calls go wrong, how, and how many times."""

from __future__ import annotations

from collections.abc import Callable, Collection
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
_KINDS = (*_REFUSALS, "answer_lost", "slow", "garbage", "reset", "drip")


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


class Faults:
    """The faults that are still to come."""

    def __init__(self, methods: Collection[str]) -> None:
        self._methods = methods
        self._ordered: list[tuple[str, Fault]] = []

    def order(self, method: str, fault: Fault) -> None:
        """Let coming calls of a method go wrong, or raise ValueError if they never could."""
        if method not in self._methods:
            raise ValueError(f"no method {method!r}; there are {', '.join(sorted(self._methods))}")
        if isinstance(fault.kind, str) and fault.kind not in _KINDS:
            raise ValueError(f"no fault {fault.kind!r}; there are {', '.join(_KINDS)}")
        self._ordered.append((method, fault))

    def take(self, names: Collection[str]) -> Fault | None:
        """Return the fault for a call of the method of these names, and count it."""
        for name, fault in self._ordered:
            if name in names and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        """Let all coming calls succeed."""
        self._ordered.clear()
