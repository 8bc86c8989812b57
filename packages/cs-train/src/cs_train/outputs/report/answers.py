"""Picks what the page shows of the answers: the most confident errors, and calibration bins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cs_train.evaluation.scores import CALIBRATION_BINS

if TYPE_CHECKING:
    from cs_train.outputs.result import RunResult

SHORT_TEXT = 400
MAX_TEXT = 10_000  # characters of one ticket that the page carries, so that it stays small


@dataclass(frozen=True)
class Mistake:
    """One ticket that was given the wrong label."""

    text: str
    """At most `MAX_TEXT` characters."""
    short_text: str | None
    """The beginning of `text`; None if all of the text is short enough to be shown."""
    language: str
    true_label: str
    predicted_label: str
    probability: float
    """What the model gave its wrong answer."""


def most_confident_errors(result: RunResult, top_n: int) -> list[Mistake]:
    """Return up to `top_n` wrong answers, the one with the highest probability first.

    Of identical tickets only the first is returned.
    """
    test, labels = result.test, result.labels
    predicted = test.predictions
    confidence = test.probabilities.max(axis=1)
    wrong = np.flatnonzero(~test.is_correct)
    most_confident = wrong[np.argsort(-confidence[wrong], kind="stable")].tolist()
    first_of_text: dict[str, int] = {}
    for row in most_confident:
        first_of_text.setdefault(test.texts[row], row)
    mistakes = []
    for row in list(first_of_text.values())[:top_n]:
        text = shorten(test.texts[row].strip(), MAX_TEXT)
        short_text = shorten(text, SHORT_TEXT)
        mistakes.append(
            Mistake(
                text=text,
                short_text=None if short_text == text else short_text,
                language=test.languages[row],
                true_label=labels[test.targets[row]],
                predicted_label=labels[predicted[row]],
                probability=float(confidence[row]),
            )
        )
    return mistakes


def shorten(text: str, length: int) -> str:
    """Cut a text to at most `length` characters, after a word if that loses less than half of it.

    An ellipsis marks the cut.
    """
    if len(text) <= length:
        return text
    complete_words = re.match(r"(?s).*(?=\s)", text[: length - 1])
    kept = complete_words[0].rstrip() if complete_words else ""
    if len(kept) <= length // 2:
        kept = text[: length - 2].rstrip()
    return f"{kept} …"


@dataclass(frozen=True)
class CalibrationBin:
    """The rows whose winning probability lies in one of equally wide ranges from 0 to 1."""

    low: float
    high: float
    rows: int
    confidence: float
    """Mean winning probability."""
    accuracy: float


def calibration_bins(targets: np.ndarray, probabilities: np.ndarray) -> list[CalibrationBin]:
    """Fill the ranges that the calibration error of `cs_train.evaluation.scores` is computed from.

    Ranges without rows are left out.

    Args:
        targets: Class numbers, shape [rows].
        probabilities: Shape [rows, labels].
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    number = (confidence * CALIBRATION_BINS).astype(int).clip(0, CALIBRATION_BINS - 1)
    bins = []
    for index in np.unique(number).tolist():
        members = number == index
        bins.append(
            CalibrationBin(
                low=index / CALIBRATION_BINS,
                high=(index + 1) / CALIBRATION_BINS,
                rows=int(members.sum()),
                confidence=float(confidence[members].mean()),
                accuracy=float(right[members].mean()),
            )
        )
    return bins
