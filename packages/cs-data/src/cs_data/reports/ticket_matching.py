"""Find the tickets that two versions of a data set have in common."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cs_data.preparing.grouping import Rows


def match_tickets(before: pa.Table, after: pa.Table) -> tuple[Rows, Rows]:
    """Return the rows of the tickets that are in both versions, side by side.

    A ticket is the same if its text is. Where several tickets have one text, those of the same
    label are matched first, then the others in order, until one version has no more of them.

    Args:
        before: the older version, with the columns id (the same for the same text) and label.
        after: the newer one, likewise.
    """
    ids, labels = (_codes(before[name], after[name]) for name in ("id", "label"))
    label_count = max(side.max(initial=0) for side in labels) + 1
    same = _pair(*(one * label_count + label for one, label in zip(ids, labels, strict=True)))
    left = [np.setdiff1d(np.arange(len(one)), rows) for one, rows in zip(ids, same, strict=True)]
    others = _pair(*(one[rows] for one, rows in zip(ids, left, strict=True)))
    old, new = (
        np.concatenate([rows, unmatched[more]])
        for rows, unmatched, more in zip(same, left, others, strict=True)
    )
    order = np.argsort(new)
    return old[order], new[order]


def _codes(before: pa.ChunkedArray, after: pa.ChunkedArray) -> tuple[Rows, Rows]:
    """Number the different values of two columns."""
    both = pc.dictionary_encode(pa.concat_arrays([*before.chunks, *after.chunks])).indices
    codes = both.to_numpy().astype(np.int64)
    return codes[: len(before)], codes[len(before) :]


def _pair(before: Rows, after: Rows) -> tuple[Rows, Rows]:
    """Pair the first row with a key with the first such row of the other side, and so on."""
    width = max(len(before), len(after), 1)
    old_keys, new_keys = (one * width + _occurrence(one) for one in (before, after))
    _, old, new = np.intersect1d(old_keys, new_keys, assume_unique=True, return_indices=True)
    return old, new


def _occurrence(keys: Rows) -> Rows:
    """Return how many rows before each one have its key."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    lengths = np.diff(np.append(starts, len(keys)))
    occurrence = np.empty(len(keys), np.int64)
    occurrence[order] = np.arange(len(keys)) - np.repeat(starts, lengths)
    return occurrence
