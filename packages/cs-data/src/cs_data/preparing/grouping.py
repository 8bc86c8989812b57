"""Groups of rows: joined by a disjoint-set forest, or equal in a key; all in numpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


class Groups:
    """Every row starts alone; joining two joins their groups. A group's root is its first row."""

    def __init__(self, rows: int) -> None:
        self._parents = np.arange(rows)

    def roots(self, rows: Rows) -> Rows:
        """Return the root of each row's group."""
        found = self._parents[rows]
        while True:
            higher = self._parents[found]
            if np.array_equal(higher, found):
                break
            found = higher
        self._parents[rows] = found
        return found

    def join(self, some: Rows, others: Rows) -> None:
        """Join the group of each of `some` with that of the row beside it in `others`."""
        while len(some):
            some, others = self.roots(some), self.roots(others)
            apart = some != others
            some, others = some[apart], others[apart]
            # A root points to a lower one, so no cycle can arise; of several, the last one wins,
            # and the next round joins what is still apart.
            self._parents[np.maximum(some, others)] = np.minimum(some, others)

    def all_roots(self) -> Rows:
        """Return the root of every row."""
        return self.roots(np.arange(len(self._parents)))


def first_of_equals(keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.bool_]) -> Rows:
    """Return for each row the first wanted one with the same key; unwanted ones stay alone.

    Args:
        keys: two numbers for each row.
        wanted: which rows are compared.
    """
    first = np.arange(len(keys))
    rows = np.flatnonzero(wanted)
    rows = rows[np.lexsort((keys[rows, 1], keys[rows, 0]))]  # stable, so first rows stay first
    starts = np.append(True, (keys[rows[1:]] != keys[rows[:-1]]).any(axis=1))[: len(rows)]
    first[rows] = rows[starts][np.cumsum(starts) - 1]
    return first


def last_of_equals(keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.bool_]) -> Rows:
    """Return for each row the last wanted one with the same key; unwanted ones stay alone."""
    return len(keys) - 1 - first_of_equals(keys[::-1], wanted[::-1])[::-1]


class LabelCounts(NamedTuple):
    """How many rows of each group have each label: one entry for each pair that occurs."""

    groups: Rows
    """Sorted."""
    labels: Rows
    rows: Rows

    @classmethod
    def of(cls, groups: Rows, labels: npt.NDArray[np.int32]) -> LabelCounts:
        """Count the pairs of a group and a label, given for each row."""
        label_count = int(labels.max(initial=0)) + 1
        pairs, rows = np.unique(groups * label_count + labels, return_counts=True)
        return cls(*np.divmod(pairs, label_count), rows)
