"""Write a ticket: choose among the phrases of one language and put them in order."""

from __future__ import annotations

from random import Random

from cs_data.sample.phrases import PhraseBank, Phrases
from cs_data.sample.random_choices import between, happens, pick, pick_weighted, shuffled
from cs_data.sample.urgency import Facts

ERROR_CODES = (403, 404, 500, 502, 504)
VERSIONS = ("4.1", "4.2", "5.0")


class Writer:
    """Write about one thing, in one language, to one queue."""

    def __init__(self, random: Random, bank: PhraseBank, queue: str) -> None:
        self._random = random
        self._bank = bank
        self._queue = queue
        self._phrases = bank.queues[queue]
        self._thing = pick(random, self._phrases.things)

    def subject(self) -> str:
        """Return a subject line; it says nothing about the urgency, however loud it is."""
        if happens(self._random, 0.04):
            return ""
        subject = self._say(self._bank.subjects)
        if happens(self._random, 0.3):
            return pick(self._random, self._bank.shouts) + subject
        return subject

    def note(self, facts: Facts) -> str:
        """Return a body written in haste, which states each fact once."""
        facts_said = shuffled(self._random, self._statements(facts, times=1))
        return " ".join([*facts_said, self._say(self._phrases.ask)])

    def letter(self, facts: Facts, kind: str, details: int) -> str:
        """Return a body of the usual form, which states each fact in two ways."""
        random, bank = self._random, self._bank
        middle = self._statements(facts, times=2 + happens(random, 0.4))
        middle += [self._fill(said) for said in shuffled(random, bank.details)[:details]]
        if happens(random, 0.12):
            middle.append(self._say(self._phrases.context))
        if happens(random, 0.12):
            middle.append(self._aside())
        sentences = [
            self._say(bank.openings[kind]),
            *shuffled(random, middle),
            self._say(self._phrases.ask),
        ]
        body = self._paragraphs(sentences)
        if happens(random, 0.4):
            body = f"{pick(random, bank.greetings)}\n\n{body}"
        if happens(random, 0.4):
            body = f"{body}\n\n{pick(random, bank.closings)}\n{pick(random, bank.signatures)}"
        return body

    def _statements(self, facts: Facts, times: int) -> list[str]:
        said = []
        for name, pairs in self._bank.facts.items():
            holds = getattr(facts, name)
            if holds is None:
                continue
            for so, not_so in shuffled(self._random, pairs)[:times]:
                said.append(self._hedged(so if holds else not_so))
        return said

    def _hedged(self, sentence: str) -> str:
        if happens(self._random, 0.06):
            return f"{sentence[:-1]}, {pick(self._random, self._bank.hedges)}."
        return sentence

    def _aside(self) -> str:
        """Return a sentence that sounds like another queue."""
        others = [phrases for queue, phrases in self._bank.queues.items() if queue != self._queue]
        return self._say(pick(self._random, others).aside)

    def _paragraphs(self, sentences: list[str]) -> str:
        gap = pick_weighted(self._random, ((" ", 7.0), ("\n\n", 3.0)))
        cut = between(self._random, 2, len(sentences) - 1)
        return " ".join(sentences[:cut]) + gap + " ".join(sentences[cut:])

    def _say(self, phrases: Phrases) -> str:
        return self._fill(pick(self._random, phrases))

    def _fill(self, phrase: str) -> str:
        """Put the thing and made-up numbers into a phrase; exports blank out most numbers."""
        random = self._random
        day = self._bank.date.format(day=between(random, 1, 28), month=between(random, 1, 12))
        order = f"#{between(random, 10000, 99999)}"
        blanked = happens(random, 0.8)
        filled = phrase.format(
            thing=self._thing,
            order="<order_num>" if blanked else order,
            date="<date>" if blanked else day,
            code=pick(random, ERROR_CODES),
            version=pick(random, VERSIONS),
            hour=between(random, 7, 18),
        )
        return filled[0].upper() + filled[1:]
