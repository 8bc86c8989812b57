"""Faults that a test orders: which calls go wrong, how, and how many times."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fake_google_cloud.errors import ApiError

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
KINDS = (*_REFUSALS, "answer_lost", "slow", "garbage")


@dataclass
class Fault:
    """A fault and how many calls it is still for."""

    kind: str
    times: int
    seconds: float
    """How long a slow answer takes, in the time of the wall clock."""

    @property
    def refusal(self) -> ApiError | None:
        """What the call is refused with, if it is refused."""
        return ApiError(*_REFUSALS[self.kind]) if self.kind in _REFUSALS else None


class Faults:
    """The faults that are still to come, by method."""

    def __init__(self) -> None:
        self._ordered: dict[str, list[Fault]] = {}

    def order(
        self, method: str, kind: str, *, times: int, seconds: float, known: Collection[str]
    ) -> None:
        """Let coming calls of a method go wrong.

        Raises:
            ValueError: no such method, or no such kind of fault.
        """
        if method not in known:
            raise ValueError(f"no method {method!r}; there are {', '.join(sorted(known))}")
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        self._ordered.setdefault(method, []).append(Fault(kind, times, seconds))

    def take(self, *names: str) -> Fault | None:
        """Return the fault for a call of the method of these names, and count it."""
        for name in names:
            for fault in self._ordered.get(name, []):
                if fault.times:
                    fault.times -= 1
                    return fault
        return None
