"""Turn the values of the label column into an ordered set of labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cs_data.errors import DataError
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.splitting import MIN_GROUPS

_MAX_VALUES = 1_000
_MAX_SHOWN = 60

_PRIORITIES = {
    "very_low": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "high",
}


@dataclass(frozen=True)
class LabelSet:
    """The labels, and which of them each value of the column means."""

    names: tuple[str, ...]
    of_value: npt.NDArray[np.int32]
    """Index into `names` for each value's code; -1 where the value means none of them."""


class LabelColumn:
    """Collect the values of the label column, and decide at the end which labels they mean."""

    def __init__(self, options: PrepareOptions, path: Path) -> None:
        self.options = options
        self.place = f"{path}, column {options.label_column!r}"
        """File and column, for messages."""
        self._codes: dict[str, int] = {}
        self._rows: list[int] = []
        self._beyond: Counter[str] = Counter()
        """Rows by shortened value, of values that are too many to be labels and mean none."""
        self._known: tuple[Mapping[str, str], Callable[[str], str]] | None = None
        """The meanings, once there are too many values to keep those that have none."""
        self.values: list[str] = []

    def code(self, value: str) -> int | None:
        """Return the code of a value; None if it means no label and there are too many to keep it.

        Raises:
            DataError: the column holds so many values that they cannot be labels.
        """
        code = self._codes.get(value)
        if code is None:
            if len(self.values) >= _MAX_VALUES:
                if self._known is None:  # not to read to the end of a file of free text
                    self._known = self._meanings(too_many=True)
                meanings, key = self._known
                if key(value) not in meanings:
                    self._beyond[shortened(value)] += 1
                    return None
            code = self._codes[value] = len(self.values)
            self.values.append(value)
            self._rows.append(0)
        self._rows[code] += 1
        return code

    def resolve(self) -> LabelSet:
        """Decide on the labels, once all rows were seen.

        Raises:
            DataError: the column holds so many values that they cannot be labels.
        """
        meanings, key = self._meanings(too_many=self._known is not None)
        names = tuple(dict.fromkeys(meanings.values()))
        index = {value: names.index(label) for value, label in meanings.items()}
        return LabelSet(
            names, np.array([index.get(key(value), -1) for value in self.values], np.int32)
        )

    def most_frequent(self, count: int) -> list[str]:
        """Return the values that most rows have, most frequent first."""
        order = sorted(range(len(self.values)), key=lambda code: (-self._rows[code], code))
        return [self.values[code] for code in order[:count]]

    def absent_labels(self) -> list[str]:
        """Return the labels that were asked for and that no row has."""
        if self.options.labels is None:
            return []
        labels = self.resolve()
        there = {labels.names[label] for label in labels.of_value if label >= 0}
        return [name for name in labels.names if name not in there]

    @property
    def rows(self) -> int:
        """Rows with a value, whether it got a code or not."""
        return sum(self._rows) + self._beyond.total()

    def unknown_values(self) -> Counter[str]:
        """Count the rows of each value that means no label, most frequent first.

        Long values are shortened; spellings that differ in case alone are one value.
        """
        labels = self.resolve().of_value
        counts: Counter[str] = Counter()
        for value, rows, label in zip(self.values, self._rows, labels, strict=True):
            if label < 0:
                counts[shortened(value)] += rows
        counts.update(self._beyond)
        commonest: dict[str, str] = {}
        merged: Counter[str] = Counter()
        for value, rows in counts.most_common():
            merged[commonest.setdefault(value.casefold(), value)] += rows
        return Counter(dict(merged.most_common()))

    def _meanings(self, *, too_many: bool) -> tuple[Mapping[str, str], Callable[[str], str]]:
        """Return the label of each value, and how to spell a value to look it up."""
        labels = self.options.labels
        if isinstance(labels, Mapping):
            return {value.casefold(): label for value, label in labels.items()}, str.casefold
        if labels is not None:
            return {label.casefold(): label for label in labels}, str.casefold
        if self.options.label_column.casefold() == "priority" and self._are_priorities(
            too_many=too_many
        ):
            return _PRIORITIES, _priority
        if too_many:
            raise DataError(
                f"{self.place}: more than {_MAX_VALUES:,} different values, such as "
                f"{shortened(self.values[0])!r}, look like free text or an id: "
                "name the column that holds the label, or pass the labels"
            )
        spellings: dict[str, str] = {}
        for value in self.most_frequent(len(self.values)):
            spellings.setdefault(value.casefold(), value)
        by_name = sorted(spellings.items(), key=lambda pair: pair[1])
        return dict(by_name), str.casefold

    def _are_priorities(self, *, too_many: bool) -> bool:
        """Return whether the built-in meaning covers every value that is not rare.

        A value is rare if it has too few rows to be in every split, however the near duplicates
        among them fall into groups. Where all values are rare, or too many to be labels, the
        built-in meaning must also cover at least half of the rows.
        """
        rows_of: Counter[str] = Counter()
        for values in (zip(self.values, self._rows, strict=True), self._beyond.items()):
            for value, rows in values:
                rows_of[value.casefold()] += rows
        covered = {
            value: rows for value, rows in rows_of.items() if _priority(value) in _PRIORITIES
        }
        frequent = {value for value, rows in rows_of.items() if rows >= MIN_GROUPS}
        if not frequent <= covered.keys():
            return False
        if frequent and not too_many:
            return True
        return sum(covered.values()) * 2 >= rows_of.total()


def shortened(value: str) -> str:
    """Return a value of the file in a length that fits a message."""
    return value if len(value) <= _MAX_SHOWN else value[: _MAX_SHOWN - 1] + "…"


def counted(values: Mapping[str, int], rows: int) -> str:
    """Return values with their rows as text, and how many of all `rows` have other values."""
    text = ", ".join(f"{value!r} {count:,}" for value, count in values.items())
    others = rows - sum(values.values())
    return f"{text}, and {others:,} more row{'s' if others > 1 else ''}" if others else text


def _priority(value: str) -> str:
    return value.casefold().replace(" ", "_").replace("-", "_")
