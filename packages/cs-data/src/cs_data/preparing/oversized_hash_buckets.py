"""Near duplicates among tickets that share so much that MinHash buckets overflow.

A footer that half of all tickets carry puts most of them into common buckets. Among those, only
tickets that share a rare shingle are compared. That loses no pair: put the shingles of every set
in one order, rarest first; if two sets have a Jaccard similarity of t, the first
n - ceil(t n) + 1 shingles of each (n its size) have one in common (Chaudhuri, Ganti, Kaushik, A
Primitive Operator for Similarity Joins in Data Cleaning, 2006; Bayardo, Ma, Srikant, 2007).
"""

from __future__ import annotations

import numpy as np

from cs_data.preparing.grouping import Rows
from cs_data.preparing.pair_comparison import Comparison, Shingles
from cs_data.preparing.shingles import Hashes

# So that no input makes the work quadratic: comparing stops when each ticket was compared with so
# many others, of which those most likely to be alike come first.
_PAIRS_PER_TICKET = 32
_COUNTERS = 1 << 22
_SHINGLES_AT_ONCE = 1 << 22
_ROWS_AT_ONCE = 1 << 12
_HIGHEST_COUNT = (1 << 20) - 1  # with a hash of 32 bits and 4,096 rows, 64 bits are full


def compare_oversized_buckets(
    members: Rows, similarity: float, shingles: Shingles, to: Comparison
) -> None:
    """Compare those members of oversized buckets that share one of their rarest shingles."""
    if not len(members):
        return
    members = to.likely_neighbours(members)
    counts = _counts(shingles)
    postings = np.concatenate(
        [
            _rarest(members, start, similarity, shingles, counts)
            for start in range(0, len(members), _ROWS_AT_ONCE)
        ]
    )
    postings.sort()
    hashes = (postings >> np.uint64(32)).astype(np.uint32)
    postings &= np.uint64(0xFFFFFFFF)  # in place, since there may be twenty for each ticket
    to.compare_runs(hashes, members[postings.view(np.int64)], _PAIRS_PER_TICKET * len(members))


def _counts(shingles: Shingles) -> Hashes:
    """Return roughly how often each shingle occurs: those that fall on one counter are added."""
    counts = np.zeros(_COUNTERS, np.int64)
    for start in range(0, len(shingles.flat), _SHINGLES_AT_ONCE):
        block = shingles.flat[start : start + _SHINGLES_AT_ONCE]
        counts += np.bincount(block % _COUNTERS, minlength=_COUNTERS)
    return np.minimum(counts, _HIGHEST_COUNT).astype(np.uint64)


def _rarest(
    members: Rows, start: int, similarity: float, shingles: Shingles, counts: Hashes
) -> Hashes:
    """Return the rarest shingles of some rows; their places in `members` are the lower half."""
    rows = members[start : start + _ROWS_AT_ONCE]
    keys = shingles.of(rows)
    places, hashes = keys >> np.uint64(32), keys & np.uint64(0xFFFFFFFF)
    ranked = (places << np.uint64(52)) | (counts[hashes % _COUNTERS] << np.uint64(32)) | hashes
    ranked.sort()  # row by row as before; in each, rarest first
    sizes = shingles.sizes[rows]
    lengths = sizes - np.ceil(similarity * sizes - 1e-9).astype(np.int64) + 1
    rank = np.arange(len(ranked)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rare = rank < np.repeat(lengths, sizes)
    hashes = ranked[rare] & np.uint64(0xFFFFFFFF)
    owners = places[rare] + np.uint64(start)
    return np.asarray((hashes << np.uint64(32)) | owners, np.uint64)
