"""Groups of rows that are joined: a disjoint-set forest over row numbers, in numpy."""

from __future__ import annotations

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
