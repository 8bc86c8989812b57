"""The options of preparing a CSV file, and their defaults; importing this loads nothing heavy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cs_data.cleaning import Cleaning, clean_value
from cs_data.errors import DataError
from cs_data.preparing.label_arguments import label_pairs
from cs_data.reading.character_sets import named_encoding
from cs_data.tracked_file import TrackedFile

# Below this, MinHash bands get so short that most tickets would be compared with each other.
_MIN_SIMILARITY = 0.5
_MAX_SEED = (1 << 32) - 1


@dataclass(frozen=True)
class PrepareOptions:
    """How rows of an export become tickets in splits.

    Raises:
        DataError: an option has a value that cannot work.
    """

    text_columns: tuple[str, ...] = ("subject", "body")
    """Columns that hold the text, joined in this order by a line break."""

    label_column: str = "priority"
    """Column that holds the label."""

    language_column: str = "language"
    """Column that holds the language; where the file has none, every ticket is `und`."""

    labels: tuple[str, ...] | Mapping[str, str] | None = None
    """The labels. A tuple: these values, in this order. A mapping: raw value to label, in the order
    in which labels first appear; a value with an empty label is left out, and if all labels are
    empty, these values are all that is left out. None: low, medium, high if the column is called
    priority, urgency or severity in one of five languages and at least half of its rows have a
    priority of the usual help desks; otherwise the values found, sorted (numbers as numbers), with
    the most frequent spelling of those that differ only in case."""

    near_duplicates: float = 0.8
    """Jaccard similarity of word 3-gram sets from which two tickets count as near duplicates and
    stay in the same split (0.5 to 1); 0 turns this off, but for identical ones."""

    id_column: str | None = None
    """Column that holds the ticket's id: of several rows with one id only the last is used, since
    exports append updates; rows without an id are all used. None: every row is a ticket."""

    seed: int = 42
    """Random seed that assigns tickets to splits."""

    strip_html: bool = True
    """Whether texts that are plainly HTML become plain text."""

    strip_quoted_mail: bool = False
    """Whether the mail that a mail answers is left out of texts, and signatures."""

    encoding: str | None = None
    """Encoding of a text file, such as windows-1252; None: UTF-8, or what its bytes look like."""

    max_rejected: float = field(default=0.05, compare=False)
    """Largest share of the rows, 0 to 1, that may be lost for any one reason. It decides whether
    there are splits, not what is in them, so it is neither compared nor stored."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text_columns", _columns(self.text_columns))
        for key in ("label_column", "language_column", "id_column"):
            name = getattr(self, key)
            if name is None and key == "id_column":
                continue
            if not isinstance(name, str) or not clean_value(name):
                raise DataError(f"{key} must be the name of a column, got {name!r}")
            object.__setattr__(self, key, clean_value(name))
        if self.label_column in self.text_columns:
            raise DataError(
                f"column {self.label_column!r} is named both as text and as label: the text would "
                "give the answer away; leave it out of text_columns"
            )
        if self.labels is not None:
            object.__setattr__(self, "labels", _labels(self.labels))
        similarity = self.near_duplicates
        if similarity != 0 and not _MIN_SIMILARITY <= similarity <= 1:
            raise DataError(
                f"near_duplicates must be a similarity from {_MIN_SIMILARITY} to 1, or 0 to turn "
                f"grouping off, got {similarity}"
            )
        if self.encoding is not None:
            named_encoding(self.encoding)
        if not isinstance(self.seed, int) or not 0 <= self.seed <= _MAX_SEED:
            raise DataError(f"seed must be a whole number from 0 to {_MAX_SEED}, got {self.seed!r}")
        if not 0 <= self.max_rejected <= 1:
            raise DataError(f"max_rejected must be a share from 0 to 1, got {self.max_rejected}")

    @property
    def names_labels(self) -> bool:
        """Whether the labels were chosen, so that rows with other values are left out by choice."""
        labels = self.labels
        return any(labels.values()) if isinstance(labels, Mapping) else labels is not None

    @property
    def cleaning(self) -> Cleaning:
        """How texts are cleaned."""
        return Cleaning(self.strip_html, self.strip_quoted_mail)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a JSON file."""
        labels: Iterable[object] | None = self.labels
        if isinstance(self.labels, Mapping):
            # Pairs, because the order of a mapping matters here and JSON objects have none.
            labels = map(list, self.labels.items())
        values = asdict(self)
        del values["max_rejected"]
        return {
            **values,
            "text_columns": list(self.text_columns),
            "labels": None if labels is None else list(labels),
            "near_duplicates": float(self.near_duplicates),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PrepareOptions:
        """Return the options that `to_json` gave the values of."""
        labels = values["labels"]
        if labels and isinstance(labels[0], list):
            labels = dict(labels)
        return cls(**{**values, "labels": labels})

    def changes(self) -> dict[str, Any]:
        """Return plain values of the options that are not the defaults."""
        defaults = PrepareOptions()._plain()
        return {key: value for key, value in self._plain().items() if value != defaults[key]}

    def _plain(self) -> dict[str, Any]:
        return {**self.to_json(), "max_rejected": float(self.max_rejected)}

    @classmethod
    def published(cls, tracked: TrackedFile | None) -> PrepareOptions:
        """Return the options that a raw file was published with, the defaults for None.

        Raises:
            DataError: its `.dvc` file holds none that can be used.
        """
        if tracked is None:
            return cls()
        defaults, changes = cls()._plain(), tracked.options
        origin = f"{tracked.dvc_file}: meta.prepare"
        if unknown := changes.keys() - defaults:
            raise DataError(f"{origin}: there is no option {min(unknown)}")
        try:
            typed = {key: _typed(key, value, defaults[key]) for key, value in changes.items()}
            return cls.from_json({**defaults, **typed})
        except DataError as error:
            raise DataError(f"{origin}: {error}") from None

    def fingerprint(self) -> str:
        """Return eight hexadecimal digits that differ when the options do."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _typed(key: str, value: object, default: object) -> object:
    """Return a text as the number or truth value that an option is; others as they are."""
    if not isinstance(default, int | float):
        return value
    try:
        return json.loads(str(value))
    except ValueError:
        kind = "true or false" if isinstance(default, bool) else "a number"
        raise DataError(f"{key} must be {kind}, got {value!r}") from None


def _columns(names: object) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, (list, tuple)) or not names:
        raise DataError(f"text_columns must be a list of column names, got {names!r}")
    if not all(isinstance(name, str) and clean_value(name) for name in names):
        raise DataError(f"text_columns is {list(names)}: every column needs a name")
    columns = tuple(map(clean_value, names))
    if len(set(columns)) < len(columns):
        raise DataError(f"text_columns is {list(names)}: a column is named twice")
    return columns


def _labels(labels: object) -> tuple[str, ...] | dict[str, str]:
    if not isinstance(labels, (Mapping, list, tuple)):
        raise DataError(f"labels must be a list, or a mapping from value to label, got {labels!r}")
    # A list is a mapping of every label to itself.
    is_mapping = isinstance(labels, Mapping)
    pairs: dict[str, str] = {}
    for raw, label in label_pairs(labels):
        left_out = is_mapping and label is None
        pairs[_name(raw, labels)] = "" if left_out else _name(label, labels)
    if len({raw.casefold() for raw in pairs}) < len(labels):
        what = "raw value is mapped" if is_mapping else "label is named"
        raise DataError(f"labels is {labels}: a {what} twice (case and blanks do not count)")
    if not all(pairs):
        raise DataError(f"labels is {labels!r}: a label is empty")
    names = set(pairs.values()) - {""}
    if len(names) < 2 and (names or not pairs):
        raise DataError(f"labels names only {sorted(names)}: at least two are needed")
    return pairs if is_mapping else tuple(pairs)


def _name(name: object, labels: object) -> str:
    # A whole number is a label without its quotes; 1.10 would have lost its zero, and yes is true.
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise DataError(f"labels is {labels!r}: {name!r} is no label, write it in quotes")
    return clean_value(str(name))
