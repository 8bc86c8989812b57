"""Measure a prepared data set: labels by language, lengths, duplicates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cs_data.preparing.manifest import Manifest, Splits
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.preparation import prepare

QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


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
    for name in manifest.splits:
        table = splits.read(name)
        pairs = table.group_by(["label", "language"]).aggregate([([], "count_all")])
        for row in pairs.to_pylist():
            at = manifest.labels.index(row["label"]), languages.index(row["language"])
            counts[at] += row["count_all"]
        characters.append(pc.utf8_length(table["text"]).to_numpy())
        words.append(pc.count_substring_regex(table["text"], r"\S+").to_numpy())
    return Inspection(
        manifest,
        languages,
        counts,
        np.concatenate(characters).astype(np.int64),
        np.concatenate(words).astype(np.int64),
        splits.rejected_lines(),
    )
