"""How messages and tables write counts, lists, and the values of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

_MAX_SHOWN = 60


def count(number: int, noun: str) -> str:
    """Return a number with its noun: "1 ticket", "1,200 tickets"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(texts: Sequence[str], max_named: int) -> str:
    """Return the first texts, separated by commas, and an ellipsis if there are more."""
    return ", ".join([*texts[:max_named], *(["…"] if len(texts) > max_named else [])])


def option(name: str, value: str = "") -> str:
    """Return how an option of preparing is given to each command, by the name of its field."""
    flag, key = f"--{name.replace('_', '-')}", f"dataset.{name}"
    if value:
        flag, key = f"{flag} {value}", f"{key}={value}"
    return f"{flag} (cs-data) or {key} (cs-train)"


def reason_counts(counts: Counter[str]) -> str:
    """Return reasons with their rows, most frequent first: "rare_label 12, cut_off 1"."""
    return ", ".join(f"{reason} {rows:,}" for reason, rows in counts.most_common())


def shortened(value: str) -> str:
    """Return a value of the file in a length that fits a message."""
    return value if len(value) <= _MAX_SHOWN else value[: _MAX_SHOWN - 1] + "…"


def value_counts(values: Mapping[str, int], rows: int) -> str:
    """Return values with their rows as text, and how many of all `rows` have other values."""
    text = ", ".join(f"{value!r} {number:,}" for value, number in values.items())
    others = rows - sum(values.values())
    return f"{text}, and {count(others, 'more row')}" if others else text
