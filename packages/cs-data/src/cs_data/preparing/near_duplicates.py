"""Find groups of tickets that say nearly the same, so that a split can keep each on one side.

MinHash signatures (by rensa) are cut into bands; tickets that agree in a band are candidates, and
each candidate pair's similarity is then computed exactly. Two tickets of similarity t agree in a
band of r rows with probability t^r, so all b bands miss the pair with probability (1 - t^r)^b
(Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.2). `bands_for` takes the
longest bands for which that is below one in a million: for t = 0.8, 32 bands of 4 rows, 5e-8.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from cs_data.preparing.grouping import Groups, Rows
from cs_data.preparing.oversized_hash_buckets import compare_oversized_buckets
from cs_data.preparing.pair_comparison import Comparison, Shingles
from cs_data.preparing.shingles import Hashes, mix, shingle_sets

_PERMUTATIONS = 128
_MISS = 1e-6
_MINHASH_SEED = 1  # which tickets are alike must not depend on the seed of the split
_MAX_BUCKET = 32  # tickets; those of a larger bucket are not all compared with each other


def bands_for(similarity: float) -> tuple[int, int]:
    """Return how many bands there are, and how many rows in each, for a threshold from 0.5 up."""
    for rows in range(_PERMUTATIONS, 0, -1):
        bands = _PERMUTATIONS // rows
        if (1 - similarity**rows) ** bands < _MISS:
            return bands, rows
    raise ValueError(f"{_PERMUTATIONS} permutations cannot find pairs of similarity {similarity}")


class NearDuplicates:
    """Collect texts, then group those of at least the given Jaccard similarity.

    Similarity is transitive here: if A is like B and B like C, all three are one group. The
    shingles are in a file in `folder`; memory holds some 300 bytes for each text.
    """

    def __init__(self, folder: Path, similarity: float) -> None:
        self._similarity = similarity
        self._bands, self._width = bands_for(similarity)
        self._shingles = folder / "shingles.u32"
        self._file = self._shingles.open("wb")
        self._sizes: list[Rows] = []
        self._set_hashes: list[Hashes] = []
        self._sketches: list[npt.NDArray[np.uint8]] = []
        self._band_keys: list[npt.NDArray[np.uint32]] = []

    def __enter__(self) -> NearDuplicates:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, texts: Sequence[str]) -> None:
        """Add the next texts."""
        sets = shingle_sets(texts)
        hashes = sets.hashes.astype(np.uint64)
        ends = np.append(0, np.cumsum(sets.sizes))
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            hashes, ends.astype(np.uint64), _PERMUTATIONS, _MINHASH_SEED
        )
        signatures = np.array(matrix.to_rows(), np.uint64)
        keys = np.zeros((len(texts), self._bands), np.uint64)
        for column in range(self._width):
            keys = mix(keys ^ signatures[:, column : self._bands * self._width : self._width])
        sums = np.append(np.uint64(0), np.cumsum(mix(hashes)))
        self._file.write(sets.hashes.data)
        self._sizes.append(sets.sizes)
        self._set_hashes.append(mix(sums[ends[1:]] - sums[ends[:-1]]))
        self._sketches.append(signatures.astype(np.uint8))
        self._band_keys.append(keys.astype(np.uint32))

    def groups(self, wanted: npt.NDArray[np.bool_]) -> Rows:
        """Return for each text the first text of its group; those not `wanted` stay alone."""
        self._file.close()
        groups = Groups(len(wanted))
        shingles = Shingles(self._shingles, np.concatenate(self._sizes))
        rows = np.flatnonzero(wanted & (shingles.sizes > 0))
        rows = _join_equal_sets(rows, np.concatenate(self._set_hashes), groups)
        if len(rows) > 1 and self._similarity < 1:
            sketches = np.concatenate(self._sketches)
            self._sketches.clear()
            comparison = Comparison(self._similarity, shingles, sketches, groups)
            oversized = self._compare_buckets(rows, comparison)
            compare_oversized_buckets(oversized, self._similarity, shingles, comparison)
        return groups.all_roots()

    def _compare_buckets(self, rows: Rows, comparison: Comparison) -> Rows:
        """Compare the rows that agree in a band; return those in a bucket that is too large."""
        oversized = np.zeros(len(rows), bool)
        for band in range(self._bands):
            keys = np.concatenate([keys[:, band] for keys in self._band_keys])[rows]
            order = np.argsort(keys, kind="stable")
            keys = keys[order]
            starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
            lengths = np.diff(np.append(starts, len(keys)))
            too_large = np.repeat(lengths > _MAX_BUCKET, lengths)
            oversized[order[too_large]] = True
            comparison.compare_runs(
                keys[~too_large], rows[order[~too_large]], len(rows) * _MAX_BUCKET
            )
        return rows[oversized]


def _join_equal_sets(rows: Rows, set_hashes: Hashes, groups: Groups) -> Rows:
    """Join rows with the same set of shingles; return one of each."""
    order = rows[np.argsort(set_hashes[rows], kind="stable")]
    same = set_hashes[order[1:]] == set_hashes[order[:-1]]
    groups.join(order[1:][same], order[:-1][same])
    return np.sort(order[np.append(True, ~same)[: len(order)]])
