"""Finds the wrong answers of which the model was surest, the ones that teach a reader most."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cs_train.report.contents import Report

SHORT_TEXT = 400
LONGEST_TEXT = 10_000  # characters of one ticket that the page carries, so that it stays small


@dataclass(frozen=True)
class Mistake:
    """One ticket that was given the wrong label."""

    text: str
    """At most `LONGEST_TEXT` characters."""
    short_text: str | None
    """The beginning of `text`; None if the text is short enough to be shown whole."""
    language: str
    true_label: str
    predicted_label: str
    probability: float
    """What the model gave its wrong answer."""


def surest_mistakes(report: Report, most: int) -> list[Mistake]:
    """Find up to `most` wrong answers, the one with the highest probability first."""
    predicted = report.probabilities.argmax(axis=1)
    certainty = report.probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != report.targets)
    surest = wrong[np.argsort(-certainty[wrong], kind="stable")][:most].tolist()
    mistakes = []
    for row in surest:
        text = shorten(report.texts[row].strip(), LONGEST_TEXT)
        short_text = shorten(text, SHORT_TEXT)
        mistakes.append(
            Mistake(
                text=text,
                short_text=None if short_text == text else short_text,
                language=report.languages[row],
                true_label=report.labels[report.targets[row]],
                predicted_label=report.labels[predicted[row]],
                probability=float(certainty[row]),
            )
        )
    return mistakes


def shorten(text: str, length: int) -> str:
    """Cut a text to at most `length` characters, after a word if that loses less than half of it.

    An ellipsis marks the cut.
    """
    if len(text) <= length:
        return text
    whole_words = re.match(r"(?s).*(?=\s)", text[: length - 1])
    kept = whole_words[0].rstrip() if whole_words else ""
    if len(kept) <= length // 2:
        kept = text[: length - 2].rstrip()
    return f"{kept} …"
