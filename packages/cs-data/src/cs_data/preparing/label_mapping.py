"""Turn the values of the label column into an ordered set of labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cs_data.cleaning import shortened
from cs_data.errors import DataError
from cs_data.preparing.empty_values import is_empty
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.priority_vocabulary import LABELS, PriorityScale, names_priority

_MAX_VALUES = 1_000
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")

_LabelOf = Callable[[str], str | None]


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
        self._known: _LabelOf | None = None
        """The meanings, once there are too many values to keep those that have none."""
        self.values: list[str] = []
        self.empty_values: Counter[str] = Counter()
        """Rows by value, of values that stand for nothing and that nobody named as labels."""
        self._named: dict[str, str] = _named(options)

    def code(self, value: str) -> int | None:
        """Return the code of a value; None if its row cannot be used, for `refuse` to explain.

        Raises:
            DataError: the column holds so many values that they cannot be labels.
        """
        code = self._codes.get(value)
        if code is None:
            if self._stands_for_nothing(value):
                self.empty_values.update([value] if value else [])
                return None
            if self._is_left_out(value):
                return None
            if len(self.values) >= _MAX_VALUES:
                if self._known is None:  # not to read to the end of a file of free text
                    _, self._known = self._meanings(too_many=True)
                if self._known(value) is None:
                    self._beyond[shortened(value)] += 1
                    return None
            code = self._codes[value] = len(self.values)
            self.values.append(value)
            self._rows.append(0)
        self._rows[code] += 1
        return code

    def refuse(self, value: str) -> tuple[str, str]:
        """Return for a value without a code the reason and the details of rejecting its row."""
        if not value:
            return "empty_label", f"nothing in {self.options.label_column}"
        if self._stands_for_nothing(value):
            return "empty_label", f"{value!r} in {self.options.label_column} stands for nothing"
        if self._is_left_out(value):
            return "left_out", f"{value!r} is left out by choice"
        return "unknown_label", f"{shortened(value)!r} is no label"

    def _stands_for_nothing(self, value: str) -> bool:
        return is_empty(value) and value.casefold() not in self._named

    def _is_left_out(self, value: str) -> bool:
        return self._named.get(value.casefold()) == ""

    def resolve(self) -> LabelSet:
        """Decide on the labels, once all rows were seen.

        Raises:
            DataError: the column holds so many values that they cannot be labels.
        """
        names, label_of = self._meanings(too_many=self._known is not None)
        index = {name: at for at, name in enumerate(names)}
        labels = [index.get(label_of(value) or "", -1) for value in self.values]
        return LabelSet(names, np.array(labels, np.int32))

    def priorities(self) -> dict[str, tuple[str, ...]]:
        """Return the values of each label, most urgent first, if they are known priorities.

        Values that differ only in case are one. The result is empty if the labels were named or if
        the column holds something else.
        """
        too_many = self._known is not None
        scale = None if self.options.names_labels else self._priority_scale(too_many=too_many)
        if scale is None:
            return {}
        spellings = self._spellings()
        ranks = {value: rank for value in spellings if (rank := scale.rank(value)) is not None}
        by_urgency = sorted(ranks, key=lambda value: (-ranks[value], value.casefold()))
        return {
            label: tuple(value for value in by_urgency if scale.label(value) == label)
            for label in reversed(LABELS)
        }

    def most_frequent(self, count: int) -> list[str]:
        """Return the values that most rows have, most frequent first."""
        order = sorted(range(len(self.values)), key=lambda code: (-self._rows[code], code))
        return [self.values[code] for code in order[:count]]

    def absent_labels(self) -> list[str]:
        """Return the labels that were asked for and that no row has."""
        if not self.options.names_labels:
            return []
        labels = self.resolve()
        there = {labels.names[label] for label in labels.of_value if label >= 0}
        return [name for name in labels.names if name not in there]

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

    def _meanings(self, *, too_many: bool) -> tuple[tuple[str, ...], _LabelOf]:
        """Return the labels, and which of them a value means."""
        if self.options.names_labels:
            names = tuple(filter(None, dict.fromkeys(self._named.values())))
            return names, lambda value: self._named.get(value.casefold())
        if scale := self._priority_scale(too_many=too_many):
            return LABELS, scale.label
        if too_many:
            raise DataError(
                f"{self.place}: more than {_MAX_VALUES:,} different values, such as "
                f"{shortened(self.values[0])!r}, look like free text or an id: "
                "name the column that holds the label, or pass the labels"
            )
        spellings = {value.casefold(): value for value in self._spellings()}
        return tuple(_sorted(spellings.values())), lambda value: spellings.get(value.casefold())

    def _spellings(self) -> list[str]:
        """Return the most frequent spelling of the values that differ only in case."""
        spellings: dict[str, str] = {}
        for value in self.most_frequent(len(self.values)):
            spellings.setdefault(value.casefold(), value)
        return list(spellings.values())

    def _priority_scale(self, *, too_many: bool) -> PriorityScale | None:
        """Return the meaning of the column's values, if it is a column of known priorities.

        It is one if its name is that of a priority and at least half of the rows with a value have
        a known one. A help desk's own words are nearly all of such a column and hardly any of
        another one, so two exports of one help desk are read alike, however often which value
        occurs; a few other values beside them do not undo their meaning. Where all known values
        would become one label, there would be nothing to learn, so the values are used as they are
        (unless there are too many to be labels).
        """
        if not names_priority(self.options.label_column):
            return None
        scale = PriorityScale(self.values)
        pairs = zip(self.values, self._rows, strict=True)
        known = {value: rows for value, rows in pairs if scale.label(value)}
        if sum(known.values()) * 2 < sum(self._rows) + self._beyond.total():
            return None
        return scale if too_many or len(set(map(scale.label, known))) > 1 else None


def _named(options: PrepareOptions) -> dict[str, str]:
    """Return the label of each value that the options name, empty where it is left out."""
    labels = options.labels or ()
    pairs = labels.items() if isinstance(labels, Mapping) else zip(labels, labels, strict=True)
    return {value.casefold(): label for value, label in pairs}


def are_numbers(values: Iterable[str]) -> bool:
    """Return whether every value is a number, whose decimal sign may be a comma."""
    return all(_NUMBER.fullmatch(value) for value in values)


def _sorted(values: Collection[str]) -> list[str]:
    """Return values in order: as numbers if all of them are numbers, else as text."""
    if not are_numbers(values):
        return sorted(values)
    return sorted(values, key=lambda value: (Decimal(value.replace(",", ".")), value))


def counted(values: Mapping[str, int], rows: int) -> str:
    """Return values with their rows as text, and how many of all `rows` have other values."""
    text = ", ".join(f"{value!r} {count:,}" for value, count in values.items())
    others = rows - sum(values.values())
    return f"{text}, and {others:,} more row{'s' if others > 1 else ''}" if others else text
