"""The manifest of a prepared data set, and access to its tickets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cs_data.checksums import md5_of
from cs_data.errors import DataError
from cs_data.preparing.options import PrepareOptions
from cs_data.tracked_file import TrackedFile

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 4
MANIFEST = "manifest.json"
REJECTED = "rejected.jsonl"

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class RawFile:
    """The file that the data set was made from."""

    file: str
    """Its name, without folders."""
    md5: str
    bytes: int
    lines: int
    """Its lines, or rows where it has no lines."""
    encoding: str
    """Of its text; empty where the format itself fixes it."""
    separator: str
    """Between the fields; empty where the format has none."""
    unit: Literal["line", "row"]
    """What the numbers of records count."""
    notes: tuple[str, ...]
    """What is worth saying about how the file was read, a line each."""


@dataclass(frozen=True)
class SplitSummary:
    """What is in one split."""

    rows: int
    labels: Mapping[str, int]
    """Tickets by label, in the labels' order."""
    languages: Mapping[str, int]
    """Tickets by language, sorted by name."""
    md5: str
    """Of the Parquet file."""


@dataclass(frozen=True)
class IdenticalTexts:
    """How many tickets share their text with another one, and how often their labels differ."""

    texts: int
    """Texts that more than one ticket has."""
    rows: int
    """Tickets with such a text."""
    mixed_texts: int
    """Texts whose tickets have different labels."""
    mixed_rows: int
    """Tickets with such a text."""
    minority_rows: Mapping[SplitName, int]
    """Tickets by split whose label is not the most frequent one of their text: whatever a model
    answers to each text, it is wrong on so many or more."""
    minority_labels: tuple[tuple[str, str, int], ...]
    """The most frequent label of the text, the label of the ticket instead, and how many tickets
    that are: the 20 most frequent pairs, most tickets first."""


@dataclass(frozen=True)
class NearDuplicateSummary:
    """How many tickets are near duplicates of one with another text."""

    groups: int
    """Groups that hold more than one text."""
    rows: int
    """Tickets in such groups."""


@dataclass(frozen=True)
class Manifest:
    """Content of `manifest.json`: a prepared data set, the same for the same input and options."""

    name: str
    raw: RawFile
    options: PrepareOptions
    labels: tuple[str, ...]
    """In order; a model numbers its classes like this."""
    lost_labels: tuple[str, ...]
    """Labels whose tickets are all rejected, since there are too few different ones."""
    splits: Mapping[SplitName, SplitSummary]
    rejected: Mapping[str, int]
    """Rows of the CSV file that are in no split, by reason; `rejected.jsonl` names each."""
    unknown_values: Mapping[str, int]
    """Rows rejected as `unknown_label` by value, long ones shortened; the 20 most frequent."""
    empty_values: Mapping[str, int]
    """Rows rejected as `empty_label` by what stands for nothing there; the 20 most frequent."""
    priorities: Mapping[str, tuple[str, ...]]
    """Values of each label, most urgent first, where the built-in meaning of priorities applies."""
    lost_lines: Mapping[str, int]
    """Lines of rejected rows that stand behind the first, which may have been rows themselves."""
    repaired: Mapping[str, int]
    """Lines that were repaired, by what was wrong."""
    repaired_lines: Mapping[str, tuple[int, ...]]
    """The first few line numbers of each."""
    stripped: Mapping[str, int]
    """Tickets of the CSV file that were read, by what was taken out of their texts: `html`, or
    `quoted_mail`."""
    without_id: int
    """Tickets without a value in the id column, if one is named."""
    identical: IdenticalTexts
    near_duplicates: NearDuplicateSummary
    format: int = FORMAT

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns of the CSV file that make up the text."""
        return self.options.text_columns

    @property
    def rows(self) -> int:
        """Tickets in all splits together."""
        return sum(split.rows for split in self.splits.values())

    def max_accuracy(self, *splits: SplitName) -> float:
        """Return the highest accuracy that is possible on these splits, or on all, from 0 to 1.

        It is below 1 where tickets with the same text have different labels.
        """
        names = splits or tuple(self.splits)
        rows = sum(self.splits[name].rows for name in names)
        return 1 - sum(self.identical.minority_rows[name] for name in names) / rows

    def to_json(self) -> str:
        """Return the text of `manifest.json`."""
        values = {**asdict(self), "options": self.options.to_json()}
        return json.dumps(values, indent=2, ensure_ascii=False) + "\n"

    def digest(self) -> str:
        """Return the SHA-256 of `manifest.json`, which names the bytes of every split."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return the manifest that `to_json` gave the text of.

        Raises:
            ValueError, KeyError, TypeError: the text is no manifest of this format.
        """
        values: dict[str, Any] = json.loads(text)
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']} is not {FORMAT}")
        return cls(
            **{
                **values,
                "raw": RawFile(**{**values["raw"], "notes": tuple(values["raw"]["notes"])}),
                "options": PrepareOptions.from_json(values["options"]),
                "labels": tuple(values["labels"]),
                "lost_labels": tuple(values["lost_labels"]),
                "splits": {name: SplitSummary(**split) for name, split in values["splits"].items()},
                "priorities": {
                    label: tuple(found) for label, found in values["priorities"].items()
                },
                "repaired_lines": {
                    kind: tuple(lines) for kind, lines in values["repaired_lines"].items()
                },
                "identical": IdenticalTexts(
                    **{
                        **values["identical"],
                        "minority_labels": tuple(
                            (usual, other, rows)
                            for usual, other, rows in values["identical"]["minority_labels"]
                        ),
                    }
                ),
                "near_duplicates": NearDuplicateSummary(**values["near_duplicates"]),
            }
        )


@dataclass(frozen=True)
class Splits:
    """A prepared data set: a folder with three Parquet files, a manifest and the rejected rows."""

    folder: Path
    manifest: Manifest
    tracked: TrackedFile | None = None
    """The version that the raw file was fetched as, if it is one that DVC keeps."""

    @classmethod
    def load(cls, folder: Path) -> Splits:
        """Open a folder that `prepare` made.

        Raises:
            DataError: it is not one, or its splits are not those that its manifest names.
        """
        path = folder / MANIFEST
        try:
            manifest = Manifest.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(
                f"{folder} is no prepared data set (it holds no {MANIFEST}): "
                "make one with cs-data prepare"
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path} cannot be used ({type(error).__name__}: {error}): "
                "prepare the data set again"
            ) from None
        splits = cls(folder, manifest)
        for split, summary in manifest.splits.items():
            if md5_of(splits.path(split)) != summary.md5:
                raise DataError(
                    f"{splits.path(split)} is missing, or not the file that {MANIFEST} names: "
                    "prepare the data set again"
                )
        return splits

    def path(self, split: SplitName) -> Path:
        """Return the path of the Parquet file of a split."""
        return self.folder / f"{split}.parquet"

    def read(self, split: SplitName) -> pa.Table:
        """Read a split: the columns text, label, language and id, all strings.

        The id is a hash of the text, so tickets with the same text have the same one.

        Raises:
            DataError: the file is gone or damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.read_table(self.path(split))
        except (OSError, pa.ArrowInvalid) as error:
            raise DataError(
                f"{self.path(split)} cannot be read ({str(error).splitlines()[0]}): "
                "prepare the data set again"
            ) from None

    def rejected_lines(self, max_lines: int = 5) -> dict[str, list[int]]:
        """Return the first line numbers of the rejected rows, by reason."""
        lines: dict[str, list[int]] = {reason: [] for reason in self.manifest.rejected}
        with (self.folder / REJECTED).open(encoding="utf-8") as file:
            for text in file:
                row = json.loads(text)
                if len(lines[row["reason"]]) < max_lines:
                    lines[row["reason"]].append(row["line"])
        return lines
