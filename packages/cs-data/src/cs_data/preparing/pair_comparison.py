"""Compare pairs of tickets: a cheap estimate first, then the exact Jaccard similarity."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cs_data.preparing.grouping import Groups, Rows
from cs_data.preparing.shingles import Hashes

_PAIRS_AT_ONCE = 1 << 14
_SHINGLES_AT_ONCE = 1 << 21
_FALSE_REFUSALS = 1e-7
_SORTING_COLUMNS = 8


class Shingles:
    """The shingle sets of all rows, left on disk."""

    def __init__(self, path: Path, sizes: Rows) -> None:
        self.sizes = sizes
        self.flat: npt.NDArray[np.uint32] = (
            np.memmap(path, np.uint32, "r") if sizes.any() else np.zeros(0, np.uint32)
        )
        self._starts = np.cumsum(sizes) - sizes

    def of(self, rows: Rows) -> Hashes:
        """Return all shingles of the rows; each with its place in `rows` in the upper 32 bits."""
        sizes = self.sizes[rows]
        shifts = self._starts[rows] - (np.cumsum(sizes) - sizes)
        places = np.repeat(np.arange(len(rows)), sizes)
        flat = self.flat[np.arange(len(places)) + shifts[places]]
        return (places.astype(np.uint64) << np.uint64(32)) | flat


class Comparison:
    """Joins the groups of rows that turn out to be alike.

    A sketch is the low byte of each number of a MinHash signature. Two sketches are equal in at
    least as many places as the signatures, so nothing alike is taken for unlike (Li and König,
    b-Bit Minwise Hashing, 2010), at a quarter of the memory.
    """

    def __init__(
        self,
        similarity: float,
        shingles: Shingles,
        sketches: npt.NDArray[np.uint8],
        groups: Groups,
    ) -> None:
        self._similarity = similarity
        self._shingles = shingles
        self._sketches = sketches
        self._groups = groups
        # How far the estimate of a similar pair falls short at most, but for one pair in ten
        # million (Hoeffding's bound).
        margin = math.sqrt(-math.log(_FALSE_REFUSALS) / (2 * sketches.shape[1]))
        self._least_equal = (similarity - margin) * sketches.shape[1]

    def likely_neighbours(self, rows: Rows) -> Rows:
        """Return the rows in an order in which those likely to be alike are neighbours."""
        return rows[np.lexsort(self._sketches[rows, :_SORTING_COLUMNS].T)]

    def compare_runs(
        self, keys: npt.NDArray[np.unsignedinteger[Any]], rows: Rows, max_pairs: int
    ) -> None:
        """Compare the rows that have the same key, near neighbours first.

        `keys` is sorted, and `rows` lies beside it. Stop after `max_pairs` or some more.
        """
        firsts = np.flatnonzero(keys[1:] == keys[:-1])
        distance, pairs = 1, len(firsts)
        while len(firsts) and pairs <= max_pairs:
            for start in range(0, len(firsts), _PAIRS_AT_ONCE):
                some = firsts[start : start + _PAIRS_AT_ONCE]
                self._compare(np.stack([rows[some], rows[some + distance]]))
            distance += 1
            firsts = firsts[: np.searchsorted(firsts, len(rows) - distance)]
            firsts = firsts[keys[firsts] == keys[firsts + distance]]
            pairs += len(firsts)

    def _compare(self, pairs: Rows) -> None:
        """Join those pairs (in two rows of an array) that are alike."""
        pairs = pairs[:, self._groups.roots(pairs[0]) != self._groups.roots(pairs[1])]
        sizes = self._shingles.sizes[pairs]
        pairs = pairs[:, sizes.min(0) >= self._similarity * sizes.max(0)]
        equal = self._sketches[pairs[0]] == self._sketches[pairs[1]]
        pairs = pairs[:, np.count_nonzero(equal, axis=1) >= self._least_equal]
        for block in self._blocks(pairs):
            similar = self._jaccard(block) >= self._similarity
            self._groups.join(*block[:, similar])

    def _blocks(self, pairs: Rows) -> Iterator[Rows]:
        """Cut the pairs so that the shingles of a block fit in memory."""
        ends = np.cumsum(self._shingles.sizes[pairs].sum(0)) // _SHINGLES_AT_ONCE
        return iter(np.split(pairs, np.flatnonzero(np.diff(ends)) + 1, axis=1))

    def _jaccard(self, pairs: Rows) -> npt.NDArray[np.float64]:
        hashes = np.concatenate([self._shingles.of(pairs[0]), self._shingles.of(pairs[1])])
        hashes.sort()
        shared = hashes[1:][hashes[1:] == hashes[:-1]] >> np.uint64(32)
        common = np.bincount(shared.astype(np.int64), minlength=pairs.shape[1])
        union = self._shingles.sizes[pairs].sum(0) - common
        return np.asarray(common / union, np.float64)
