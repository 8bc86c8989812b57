"""What a ticket says that matters, and the one rule that turns it into an urgency."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What the urgency of a ticket follows from; None stands for what it does not mention."""

    blocked: bool  # work has stopped and there is no way around it
    many: bool | None  # more than one person is affected
    soon: bool | None  # it has to be solved now


def urgency(facts: Facts) -> str:
    """Return how urgent the facts are: low, medium or high."""
    pressing = facts.many or facts.soon
    if facts.blocked and pressing:
        return "high"
    if facts.blocked or pressing:
        return "medium"
    return "low"
