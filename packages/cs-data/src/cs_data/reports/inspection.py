"""Measure a prepared data set: labels by language, lengths, identical texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cs_data.preparing.manifest import Manifest, Splits
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.preparation import prepare

MAX_REPEATED = 10
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True)
class RepeatedText:
    """A text that more than one ticket has."""

    text: str
    labels: Mapping[str, int]
    """Its tickets by label, most frequent first."""

    @property
    def rows(self) -> int:
        """Tickets that have the text."""
        return sum(self.labels.values())


@dataclass(frozen=True)
class Inspection:
    """What `cs-data inspect` shows."""

    manifest: Manifest
    languages: tuple[str, ...]
    """Those of most tickets first."""
    counts: npt.NDArray[np.int64]
    """Tickets by label (in the manifest's order) and language, all splits together."""
    characters: npt.NDArray[np.int64]
    """Length of each ticket in characters."""
    words: npt.NDArray[np.int64]
    """Length of each ticket in words, which are separated by blanks."""
    repeated: tuple[RepeatedText, ...]
    """The texts that most tickets have, at most `MAX_REPEATED`."""
    rejected_lines: dict[str, list[int]]
    """The first line numbers of rejected rows, by reason."""

    def quantiles(self, lengths: npt.NDArray[np.int64]) -> list[int]:
        """Return the lengths at `QUANTILES`."""
        return [int(length) for length in np.quantile(lengths, QUANTILES, method="nearest")]

    def histogram(
        self, lengths: npt.NDArray[np.int64], max_bins: int
    ) -> tuple[list[int], list[int]]:
        """Return where each bin starts, and how many tickets are in it.

        Bins are equally wide, by a round number; the last one holds all longer tickets too.
        """
        usual = int(np.quantile(lengths, 0.99, method="nearest"))
        width = next(
            step * 10**power
            for power in range(9)
            for step in (1, 2, 5)
            if usual // (step * 10**power) < max_bins
        )
        counts = np.bincount(np.minimum(lengths, usual) // width)
        return [index * width for index in range(len(counts))], counts.tolist()


def inspect(path: Path, options: PrepareOptions) -> Inspection:
    """Measure a folder that `prepare` wrote, or a CSV file, which is prepared for this only.

    Raises:
        DataError: there is neither, or it cannot be used.
    """
    if path.is_dir():
        return _measure(Splits.load(path))
    with TemporaryDirectory() as folder:
        options = replace(options, max_rejected=1)
        return _measure(prepare(path, Path(folder) / "prepared", options))


def _measure(splits: Splits) -> Inspection:
    manifest = splits.manifest
    totals: Counter[str] = Counter()
    for split in manifest.splits.values():
        totals.update(split.languages)
    languages = tuple(sorted(totals, key=lambda language: (-totals[language], language)))
    counts = np.zeros((len(manifest.labels), len(languages)), np.int64)
    characters, words = [], []
    repeated: list[RepeatedText] = []
    for name in manifest.splits:
        table = splits.read(name)
        pairs = table.group_by(["label", "language"]).aggregate([([], "count_all")])
        for row in pairs.to_pylist():
            at = manifest.labels.index(row["label"]), languages.index(row["language"])
            counts[at] += row["count_all"]
        characters.append(pc.utf8_length(table["text"]).to_numpy())
        words.append(pc.count_substring_regex(table["text"], r"\S+").to_numpy())
        repeated += _most_repeated(table)
    return Inspection(
        manifest,
        languages,
        counts,
        np.concatenate(characters).astype(np.int64),
        np.concatenate(words).astype(np.int64),
        tuple(sorted(repeated, key=lambda one: (-one.rows, one.text))[:MAX_REPEATED]),
        splits.rejected_lines(),
    )


def _most_repeated(split: pa.Table) -> list[RepeatedText]:
    """Return the texts that most tickets of a split have; no other split has one of them."""
    totals = split.group_by("id").aggregate([([], "count_all")])
    totals = totals.filter(pc.greater(totals["count_all"], 1))
    top = totals.sort_by([("count_all", "descending"), ("id", "ascending")])[:MAX_REPEATED]
    of_top = split.filter(pc.is_in(split["id"], top["id"]))
    labels: dict[str, Counter[str]] = {}
    for text, label in zip(*(of_top[name].to_pylist() for name in ("text", "label")), strict=True):
        labels.setdefault(text, Counter())[label] += 1
    return [RepeatedText(text, dict(counts.most_common())) for text, counts in labels.items()]
