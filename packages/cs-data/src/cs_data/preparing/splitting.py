"""Decide which ticket goes into which split: 80/10/10 by label, no group in two splits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cs_data.preparing.grouping import Rows
from cs_data.preparing.manifest import SplitName
from cs_data.preparing.shingles import mix

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
MIN_GROUPS = len(SPLITS)  # fewer, and a label could not be in every split
_HELD_OUT_ONE_IN = 10  # of each label's tickets, for validation and again for test


def label_of_group(
    groups: Rows, labels: npt.NDArray[np.int32], label_count: int
) -> npt.NDArray[np.int32]:
    """Return each ticket's rarest label in its group, so that rare labels reach every split."""
    rows_of_label = np.bincount(labels, minlength=label_count)
    rarest_first = np.lexsort((np.arange(label_count), rows_of_label))
    rank = np.empty(label_count, np.int32)
    rank[rarest_first] = np.arange(label_count, dtype=np.int32)
    best = np.full(groups.max() + 1, label_count, np.int32)
    np.minimum.at(best, groups, rank[labels])
    return rarest_first[best[groups]].astype(np.int32)


def split_tickets(
    groups: Rows, labels: npt.NDArray[np.int32], ids: npt.NDArray[np.uint64], seed: int
) -> npt.NDArray[np.int8]:
    """Return the split of every ticket, as an index into `SPLITS`.

    Groups are drawn in the order of a hash of the seed and their first ticket's id, so more rows
    in the file move few of the others. A group larger than half of what a split takes of its label
    stays in train, unless nothing smaller is there.

    Args:
        groups: for each ticket the row of its group's first ticket.
        labels: for each ticket its group's label, of which each has at least `MIN_GROUPS` groups.
        ids: for each ticket two 64-bit numbers.
        seed: a different one draws differently.
    """
    first, sizes = np.unique(groups, return_counts=True)
    draw = mix(ids[first, 0] ^ mix(np.full(1, seed, np.uint64)))
    order = np.lexsort((ids[first, 1], draw))
    first, sizes = first[order], sizes[order]
    split_of_group = np.zeros(len(groups), np.int8)
    by_label = np.argsort(labels[first], kind="stable")
    ends = np.cumsum(np.bincount(labels[first]))
    for members in np.split(by_label, ends[:-1]):
        split_of_group[first[members]] = _split_groups(sizes[members])
    return split_of_group[groups]


def _split_groups(sizes: Rows) -> npt.NDArray[np.int8]:
    """Return the splits of the groups of one label, given in the order in which they are drawn."""
    splits = np.zeros(len(sizes), np.int8)
    if not len(sizes):
        return splits
    target = max(1, (sizes.sum() + _HELD_OUT_ONE_IN // 2) // _HELD_OUT_ONE_IN)
    # At least two groups pass this, one for each held-out split.
    small = sizes <= max(target / 2, np.partition(sizes, 1)[1])
    for split in (SPLITS.index("test"), SPLITS.index("validation")):
        free = np.flatnonzero(small & (splits == 0))
        middles = np.cumsum(sizes[free]) - sizes[free] / 2
        wanted = np.searchsorted(middles, target, side="right")
        splits[free[: np.clip(wanted, 1, max(1, len(free) - 1))]] = split
    return splits
