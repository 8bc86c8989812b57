"""What a person can choose about preparing a CSV file, checked when it is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cs_data.errors import DataError

# Below this, MinHash bands get so short that most tickets would be compared with each other.
_LOWEST_SIMILARITY = 0.5
_SEEDS = 1 << 32

MAX_REJECTED = 0.05
"""Share of rows that may be left out before a person is asked whether this is right."""


@dataclass(frozen=True)
class PrepareOptions:
    """How raw rows become tickets.

    Raises:
        DataError: an option has a value that cannot work.
    """

    text_columns: tuple[str, ...] = ("subject", "body")
    """Columns that hold the text, joined in this order by a line break."""

    label_column: str = "priority"
    """Column that holds what is to be learned."""

    language_column: str = "language"
    """Column that holds the language; where the file has none, every ticket is `und`."""

    labels: tuple[str, ...] | Mapping[str, str] | None = None
    """Which labels there are. A tuple: these values, in this order. A mapping: raw value to label,
    in the order in which labels first appear. None: low, medium, high if the label column is
    `priority` and every value in it that is not rare (three rows or more) is one of very low, low,
    medium, high and critical; otherwise the values found, sorted, those that differ in case alone
    under their commonest spelling."""

    near_duplicates: float = 0.8
    """Jaccard similarity of word 3-gram sets from which two tickets count as near duplicates and
    stay in the same split (0.5 to 1); 0 turns this off."""

    seed: int = 42
    """Decides which tickets go into which split."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text_columns", _names("text_columns", self.text_columns))
        for key in ("label_column", "language_column"):
            if not isinstance(getattr(self, key), str) or not getattr(self, key).strip():
                raise DataError(f"{key} is empty: name a column of the file")
        if self.label_column in self.text_columns:
            raise DataError(
                f"column {self.label_column!r} is named both as text and as label: the text would "
                "give the answer away; leave it out of text_columns"
            )
        if self.labels is not None:
            object.__setattr__(self, "labels", _checked_labels(self.labels))
        similarity = self.near_duplicates
        if similarity != 0 and not _LOWEST_SIMILARITY <= similarity <= 1:
            raise DataError(
                f"near_duplicates is {similarity}: give a similarity from {_LOWEST_SIMILARITY} "
                "to 1, or 0 to turn grouping off"
            )
        if not isinstance(self.seed, int) or not 0 <= self.seed < _SEEDS:
            raise DataError(f"seed is {self.seed!r}: give a whole number from 0 to {_SEEDS - 1}")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        labels = self.labels
        return {
            "text_columns": list(self.text_columns),
            "label_column": self.label_column,
            "language_column": self.language_column,
            # Pairs, because the order of a mapping matters here and JSON objects have none.
            "labels": [list(pair) for pair in labels.items()]
            if isinstance(labels, Mapping)
            else (None if labels is None else list(labels)),
            "near_duplicates": float(self.near_duplicates),
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PrepareOptions:
        """Undo `to_json`."""
        labels = values["labels"]
        if labels and isinstance(labels[0], list):
            labels = dict(labels)
        return cls(**{**values, "labels": labels})

    def fingerprint(self) -> str:
        """Eight hexadecimal digits that differ when the options do."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _names(key: str, names: object) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, (list, tuple)) or not names:
        raise DataError(f"{key} is {names!r}: give a list of column names")
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise DataError(f"{key} is {list(names)}: every column needs a name")
    if len(set(names)) < len(names):
        raise DataError(f"{key} is {list(names)}: a column is named twice")
    return tuple(names)


def _checked_labels(labels: object) -> tuple[str, ...] | dict[str, str]:
    if isinstance(labels, Mapping):
        pairs = {str(raw).strip(): str(label).strip() for raw, label in labels.items()}
        names = list(pairs.values())
        if len({raw.casefold() for raw in pairs}) < len(labels):
            raise DataError("labels: a raw value is mapped twice (case and blanks do not count)")
    elif isinstance(labels, (list, tuple)):
        names = [str(label).strip() for label in labels]
        if len({name.casefold() for name in names}) < len(names):
            raise DataError(f"labels is {names}: a label is named twice (case does not count)")
    else:
        raise DataError(f"labels is {labels!r}: give a list of labels, or a mapping value to label")
    if not all(names) or (isinstance(labels, Mapping) and not all(pairs)):
        raise DataError(f"labels is {labels!r}: a label is empty")
    if len(set(names)) < 2:
        raise DataError(f"labels names only {sorted(set(names))}: at least two are needed")
    return pairs if isinstance(labels, Mapping) else tuple(names)
