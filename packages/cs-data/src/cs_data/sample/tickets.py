"""Draws one ticket: what is the case, and which sentences say so."""

from dataclasses import dataclass
from random import Random

from cs_data.sample.chance import between, happens, pick, pick_weighted, shuffled
from cs_data.sample.handwriting import scribble
from cs_data.sample.phrases import PhraseBank, phrase_banks
from cs_data.sample.urgency import EVERY_CASE, LABEL_OF, PRIORITIES, Facts, decides, urgency

LABEL_WEIGHTS = (("low", 34.0), ("medium", 36.0), ("high", 30.0))
TYPE_WEIGHTS = (("Incident", 42.0), ("Problem", 23.0), ("Request", 24.0), ("Change", 11.0))
QUEUE_WEIGHTS = (
    ("Technical Support", 27.0),
    ("Product Support", 20.0),
    ("IT Support", 18.0),
    ("Billing and Payments", 15.0),
    ("Returns and Exchanges", 12.0),
    ("Human Resources", 8.0),
)
WRONG_LABELS = 0.03


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
    label = pick_weighted(random, LABEL_WEIGHTS)
    facts = pick(random, [case for case in EVERY_CASE if LABEL_OF[urgency(case)] == label])
    queue = pick_weighted(random, QUEUE_WEIGHTS)
    kind = pick_weighted(random, TYPE_WEIGHTS)
    thing = pick(random, bank.queues[queue].things)
    writer = _Writer(random, bank, thing)
    length = pick_weighted(random, (("short", 8.0), ("usual", 84.0), ("long", 8.0)))
    body = (
        writer.note(facts, queue)
        if length == "short"
        else writer.letter(facts, queue, kind, length == "long")
    )
    return Ticket(
        subject=writer.subject(),
        body=scribble(random, body),
        type=kind,
        queue=queue,
        priority=_priority(random, facts),
        language=bank.language,
        facts=facts,
    )


def _priority(random: Random, facts: Facts) -> str:
    deserved = urgency(facts)
    if not happens(random, WRONG_LABELS):
        return deserved
    others = [label for label in PRIORITIES if label != LABEL_OF[deserved]]
    return pick(random, PRIORITIES[pick(random, others)])


class _Writer:
    """Somebody who writes one ticket about one thing in one language."""

    def __init__(self, random: Random, bank: PhraseBank, thing: str) -> None:
        self.random, self.bank, self.thing = random, bank, thing

    def subject(self) -> str:
        if happens(self.random, 0.04):
            return ""
        subject = self.say(pick(self.random, self.bank.subjects))
        if happens(self.random, 0.3):
            return pick(self.random, self.bank.shouts) + subject
        return subject

    def note(self, facts: Facts, queue: str) -> str:
        """A few sentences in haste; one fact that changes nothing may be missing."""
        names = shuffled(self.random, list(self.bank.facts))
        idle = [name for name in names if not decides(facts, name)]
        said = [name for name in names if name not in idle[:1]]
        sentences = [self.state(name, facts) for name in said]
        return " ".join([*sentences, self.say(pick(self.random, self.bank.queues[queue].ask))])

    def letter(self, facts: Facts, queue: str, kind: str, long: bool) -> str:
        bank, random = self.bank, self.random
        details = between(random, 5, 9) if long else between(random, 0, 3)
        middle = [self.state(name, facts) for name in bank.facts]
        middle += [self.say(said) for said in shuffled(random, bank.details)[:details]]
        if happens(random, 0.6):
            middle.append(self.say(pick(random, bank.queues[queue].context)))
        if happens(random, 0.3):
            other = pick(random, [name for name in bank.queues if name != queue])
            middle.append(self.say(pick(random, bank.queues[other].aside)))
        paragraphs = [
            self.say(pick(random, bank.openings[kind])),
            *shuffled(random, middle),
            self.say(pick(random, bank.queues[queue].ask)),
        ]
        gap = pick_weighted(random, ((" ", 7.0), ("\n\n", 3.0)))
        cut = between(random, 2, len(paragraphs) - 1)
        body = " ".join(paragraphs[:cut]) + gap + " ".join(paragraphs[cut:])
        if happens(random, 0.75):
            body = pick(random, bank.greetings) + "\n\n" + body
        if happens(random, 0.75):
            body += "\n\n" + pick(random, bank.closings)
            if happens(random, 0.7):
                body += "\n" + pick(random, bank.signatures)
        return body

    def state(self, name: str, facts: Facts) -> str:
        so, not_so = pick(self.random, self.bank.facts[name])
        sentence = self.say(so if getattr(facts, name) else not_so)
        if happens(self.random, 0.12):
            return f"{sentence[:-1]}, {pick(self.random, self.bank.hedges)}{sentence[-1]}"
        return sentence

    def say(self, template: str) -> str:
        random = self.random
        said = template.format(
            thing=self.thing,
            order=f"#{between(random, 10000, 99999)}",
            code=between(random, 100, 999),
            version=f"{between(random, 1, 9)}.{between(random, 0, 20)}",
            hour=between(random, 7, 18),
            date=self.bank.date.format(day=between(random, 1, 28), month=between(random, 1, 12)),
        )
        return said[0].upper() + said[1:]
