"""The phrase banks: one TOML file per language in `languages/`, named by its language code.

To add a language, copy a file, translate it and give it a weight. `{thing}` is a noun with its
article, always singular; use it as the subject of a clause, or wherever its form and that of its
article do not change. The other placeholders stand for numbers and dates. In `facts`, each pair
says the fact and then its opposite, in words as nearly the same as the language allows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Phrases = Sequence[str]


@dataclass(frozen=True)
class QueuePhrases:
    """What is written to one queue."""

    things: Phrases  # what the ticket is about
    context: Phrases  # sentences that only this queue gets
    ask: Phrases  # what this queue is asked to do
    aside: Phrases  # said in tickets to other queues: that it is not about this one


@dataclass(frozen=True)
class PhraseBank:
    """Everything that can be said in one language; the TOML file has the same keys."""

    language: str
    weight: float  # share of the tickets, relative to the other languages
    date: str  # how a date is written, from {day} and {month}
    details: Phrases  # sentences that tell nothing about urgency, queue or type
    hedges: Phrases  # appended to a sentence, after a comma
    shouts: Phrases  # put before a subject, whatever the urgency
    subjects: Phrases
    greetings: Phrases
    closings: Phrases
    signatures: Phrases
    openings: Mapping[str, Phrases]  # by type
    facts: Mapping[str, Sequence[tuple[str, str]]]  # by name: (it is so, it is not so)
    queues: Mapping[str, QueuePhrases]


@cache
def phrase_banks() -> tuple[PhraseBank, ...]:
    """Return the phrase bank of every language, ordered by language code."""
    banks = []
    for file in sorted((files(__package__) / "languages").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            written = tomllib.loads(file.read_text("utf-8"))
            queues = {queue: QueuePhrases(**said) for queue, said in written.pop("queues").items()}
            banks.append(PhraseBank(file.name.removesuffix(".toml"), queues=queues, **written))
    return tuple(banks)
