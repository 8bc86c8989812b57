"""Decide which ticket goes into which split: 80/10/10 by label, no group in two splits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cs_data.preparing.grouping import LabelCounts, Rows
from cs_data.preparing.manifest import SplitName
from cs_data.preparing.shingles import mix

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
MIN_GROUPS = len(SPLITS)  # fewer, and a label could not be in every split
_TRAIN, _VALIDATION, _TEST = range(len(SPLITS))
_HELD_OUT_ONE_IN = 10  # of each label's tickets, for validation and again for test
_AT_MOST_ONE_IN = 4  # of the groups of one size, so that at least half of them stay in train


def label_of_group(
    groups: Rows, labels: npt.NDArray[np.int32], label_count: int
) -> npt.NDArray[np.int32]:
    """Return for each ticket the label of whose tickets its group holds the largest share."""
    counts = LabelCounts.of(groups, labels)
    shares = counts.rows / np.bincount(labels, minlength=label_count)[counts.labels]
    best = np.lexsort((-shares, counts.groups))  # stable, so the first label among equals
    _, starts = np.unique(counts.groups[best], return_index=True)
    owners = np.zeros(groups.max() + 1, np.int32)
    owners[counts.groups[best][starts]] = counts.labels[best][starts]
    return owners[groups]


def split_tickets(
    groups: Rows, labels: npt.NDArray[np.int32], ids: npt.NDArray[np.uint64], seed: int
) -> npt.NDArray[np.int8]:
    """Return the split of every ticket, as an index into `SPLITS`.

    Groups are drawn in the order of a hash of the seed and their first ticket's id, so more rows
    in the file move few of the others. Each goes by the label of whose tickets it holds the largest
    share. A label that is in at least `MIN_GROUPS` groups is in train, and in the other splits
    wherever that takes no label from another split.

    Args:
        groups: for each ticket the row of its group's first ticket.
        labels: for each ticket the number of its label.
        ids: for each ticket two 64-bit numbers, the same for the same text.
        seed: a different one draws differently.
    """
    first, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    draw = mix(ids[first, 0] ^ mix(np.full(1, seed, np.uint64)))
    order = np.lexsort((ids[first, 1], draw))
    drawn_as = np.empty_like(order)
    drawn_as[order] = np.arange(len(order))
    members, sizes = drawn_as[members], sizes[order]
    owners = label_of_group(groups, labels, int(labels.max()) + 1)[first[order]]
    splits = _draw_by_size(sizes, owners)
    _add_absent_labels(splits, sizes, LabelCounts.of(members, labels))
    return splits[members]


def _draw_by_size(sizes: Rows, owners: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """Return the splits of the groups, given in the order in which they are drawn.

    Groups of about the same size (1, 2 to 3, 4 to 7, ...) are drawn separately, the largest first,
    so that every split has its part of the frequent texts and of the rare ones. Of each size, a
    tenth of each label's rows is held out; where a label has too few groups for that, groups of
    any label take their place. What is then still missing, or too much, is balanced by the next
    smaller groups, of which at least a twentieth is held out in any case.
    """
    splits = np.zeros(len(sizes), np.int8)
    missing = np.zeros(len(SPLITS))
    magnitudes = np.frexp(sizes)[1]
    for magnitude in np.unique(magnitudes)[::-1]:
        of_size = np.flatnonzero(magnitudes == magnitude)
        by_label = of_size[np.argsort(owners[of_size], kind="stable")]
        ends = np.cumsum(np.bincount(owners[of_size]))[:-1]
        share_of_all = sizes[of_size].sum() / _HELD_OUT_ONE_IN
        for split in (_TEST, _VALIDATION):
            factor = np.clip(1 + missing[split] / share_of_all, 0.5, 1)
            for drawn in np.split(by_label, ends):
                share = sizes[drawn].sum() / _HELD_OUT_ONE_IN
                held_out = _hold_out(splits, sizes, drawn, split, share * factor)
                if magnitude > 1:  # of single tickets, less than one is left of each label
                    missing[split] += share - held_out
            missing[split] -= _hold_out(splits, sizes, of_size, split, missing[split])
    return splits


def _hold_out(
    splits: npt.NDArray[np.int8], sizes: Rows, drawn: Rows, split: int, rows: float
) -> int:
    """Move the first groups from train into a split, about so many rows, and return how many.

    At most one group in four is moved, even if that holds out too few rows.
    """
    free = drawn[splits[drawn] == _TRAIN]
    middles = np.cumsum(sizes[free]) - sizes[free] / 2
    wanted = np.searchsorted(middles, rows, side="right")
    room = len(drawn) // _AT_MOST_ONE_IN - np.count_nonzero(splits[drawn] == split)
    chosen = free[: max(0, min(int(wanted), room))]
    splits[chosen] = split
    return int(sizes[chosen].sum())


def _add_absent_labels(splits: npt.NDArray[np.int8], sizes: Rows, counts: LabelCounts) -> None:
    """Move the smallest group that can be spared into each split that lacks one of its labels."""
    groups, labels, _ = counts
    held = np.zeros((len(SPLITS), labels.max() + 1), np.int64)
    np.add.at(held, (splits[groups], labels), 1)
    for split in (_TRAIN, _TEST, _VALIDATION):
        for label in np.flatnonzero((held[split] == 0) & (held.sum(axis=0) >= MIN_GROUPS)):
            spare = np.ones(len(splits), bool)
            if split != _TRAIN:  # which needs every label
                spare[groups[held[splits[groups], labels] == 1]] = False
            choices = groups[labels == label]
            choices = choices[spare[choices]]
            if held[split, label] or not len(choices):
                continue
            moved = choices[np.argmin(sizes[choices])]
            moved_labels = labels[groups == moved]
            held[splits[moved], moved_labels] -= 1
            held[split, moved_labels] += 1
            splits[moved] = split
