"""Draw tickets: the facts of the case, the queue, and the priority that an agent gave it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from cs_data.sample.phrases import phrase_banks
from cs_data.sample.random_choices import between, happens, pick, pick_weighted
from cs_data.sample.typos import scribble
from cs_data.sample.urgency import Facts, urgency
from cs_data.sample.writer import Writer

# Is work blocked, and does anything press?
CASES = (((False, False), 33), ((True, False), 18), ((False, True), 18), ((True, True), 31))
# What is said of many people and of a near deadline (None: nothing), when it presses or not.
PRESSING = (((True, None), 40), ((None, True), 40), ((True, True), 20))
CALM = (((False, None), 40), ((None, False), 40), ((False, False), 20))
TYPES = (("Incident", 42), ("Problem", 23), ("Request", 24), ("Change", 11))
QUEUES = (
    ("Technical Support", 27),
    ("Product Support", 20),
    ("IT Support", 18),
    ("Billing and Payments", 15),
    ("Returns and Exchanges", 12),
    ("Human Resources", 8),
)
LENGTHS = (("note", 5), ("letter", 91), ("long letter", 4))
# The values of the column `priority`; which of two an agent takes is a matter of taste.
PRIORITIES = {
    "low": (("low", 65), ("very_low", 35)),
    "medium": (("medium", 100),),
    "high": (("high", 65), ("critical", 35)),
}
WRONG_PRIORITIES = 0.03


@dataclass(frozen=True)
class Ticket:
    """One row of the export, and the facts behind it."""

    subject: str
    body: str
    type: str
    queue: str
    priority: str  # follows from the facts, but for a few that are wrong on purpose
    language: str
    facts: Facts


def draw_ticket(random: Random) -> Ticket:
    """Return a random ticket."""
    bank = pick_weighted(random, [(bank, bank.weight) for bank in phrase_banks()])
    facts = _draw_facts(random)
    kind = pick_weighted(random, TYPES)
    queue = pick_weighted(random, QUEUES)
    writer = Writer(random, bank, queue)
    match pick_weighted(random, LENGTHS):
        case "note":
            body = writer.note(facts)
        case "letter":
            body = writer.letter(facts, kind, details=int(happens(random, 0.2)))
        case _:
            body = writer.letter(facts, kind, details=between(random, 4, 8))
    return Ticket(
        subject=writer.subject(),
        body=scribble(random, body),
        type=kind,
        queue=queue,
        priority=_draw_priority(random, facts),
        language=bank.language,
        facts=facts,
    )


def _draw_facts(random: Random) -> Facts:
    blocked, pressing = pick_weighted(random, CASES)
    many, soon = pick_weighted(random, PRESSING if pressing else CALM)
    return Facts(blocked=blocked, many=many, soon=soon)


def _draw_priority(random: Random, facts: Facts) -> str:
    label = urgency(facts)
    if happens(random, WRONG_PRIORITIES):
        label = pick(random, [other for other in PRIORITIES if other != label])
    return pick_weighted(random, PRIORITIES[label])
