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
KINDS = (*_REFUSALS, "answer_lost", "slow", "garbage", "reset", "drip")


@dataclass
class Fault:
    """A fault and how many calls it is still for."""

    kind: Kind
    times: float = 1
    seconds: float = 1
    """How long a slow answer takes, in the time of the wall clock."""

    @property
    def refusal(self) -> ApiError | None:
        """What the call is refused with, if it is refused."""
        if isinstance(self.kind, int):
            anonymous = "Anonymous caller does not have storage.objects access"
            return ApiError(self.kind, anonymous if self.kind == 401 else "planted")
        if isinstance(self.kind, str) and self.kind in _REFUSALS:
            return ApiError(*_REFUSALS[self.kind])
        return None

    def damage(self, content: bytes) -> bytes:
        """Return other bytes in place of a request's body or an answer's."""
        return self.kind(content) if callable(self.kind) else content


class Faults:
    """The faults that are still to come, by method."""

    def __init__(self) -> None:
        self._ordered: list[tuple[str, Fault]] = []

    def order(self, method: str, fault: Fault, known: Collection[str]) -> None:
        """Let coming calls of a method go wrong.

        Raises:
            ValueError: no such method, or no such kind of fault.
        """
        if method not in known:
            raise ValueError(f"no method {method!r}; there are {', '.join(sorted(known))}")
        if isinstance(fault.kind, str) and fault.kind not in KINDS:
            raise ValueError(f"no fault {fault.kind!r}; there are {', '.join(KINDS)}")
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
