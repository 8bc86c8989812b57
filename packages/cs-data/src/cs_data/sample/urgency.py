"""What a ticket is about, and the one rule that turns it into a priority."""

from dataclasses import dataclass, fields, replace
from itertools import product


@dataclass(frozen=True)
class Facts:
    """The four things that a ticket says and that its urgency follows from."""

    many: bool  # more than one person is affected
    stopped: bool  # work is not merely hindered, it has stopped
    workaround: bool  # there is another way to get the work done
    soon: bool  # it has to be solved today


FACTS = tuple(field.name for field in fields(Facts))
EVERY_CASE = tuple(Facts(*values) for values in product((False, True), repeat=len(FACTS)))

# The values of the column `priority`, by the label that they count as.
PRIORITIES = {"low": ("very_low", "low"), "medium": ("medium",), "high": ("high", "critical")}
LABEL_OF = {priority: label for label, names in PRIORITIES.items() for priority in names}


def urgency(facts: Facts) -> str:
    """Return the priority that the facts deserve, one of very_low, low, medium, high, critical."""
    standstill = facts.stopped and not facts.workaround
    pressing = facts.many or facts.soon
    if standstill and pressing:
        return "critical" if facts.many and facts.soon else "high"
    if standstill or pressing:
        return "medium"
    return "low" if facts.stopped or not facts.workaround else "very_low"


def decides(facts: Facts, name: str) -> bool:
    """Say whether the urgency of a ticket would differ if the fact `name` were the opposite."""
    opposite = replace(facts, **{name: not getattr(facts, name)})
    return urgency(opposite) != urgency(facts)
