"""Compare two versions of a data set, ticket by ticket and by label and language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cs_data.errors import DataError
from cs_data.preparing.grouping import Rows
from cs_data.preparing.manifest import Manifest, Splits
from cs_data.reports.chi_squared import chi_squared_test
from cs_data.reports.ticket_matching import match_tickets

SIGNIFICANT = 0.01
"""Below this p-value a shift is called more than chance."""


@dataclass(frozen=True)
class ShiftTest:
    """Whether two groups of tickets that do not overlap differ more than by chance."""

    groups: tuple[str, str]
    """What was compared."""
    sizes: tuple[int, int]
    p_value: float
    cramers_v: float
    """Size of the difference, 0 to 1."""

    @property
    def significant(self) -> bool:
        """Whether chance alone is an unlikely explanation."""
        return self.p_value < SIGNIFICANT


@dataclass(frozen=True)
class Shift:
    """How many tickets of each kind there were and are."""

    kinds: tuple[str, ...]
    old: npt.NDArray[np.int64]
    new: npt.NDArray[np.int64]
    test: ShiftTest | None
    """None: nothing was added or removed, or there is only one kind."""


@dataclass(frozen=True)
class Difference:
    """What became of the tickets of an older version in a newer one.

    A ticket is the same if its text is, as it was prepared; of several with one text, as many are
    the same as both versions have.
    """

    old: Manifest
    new: Manifest
    added: int
    removed: int
    kept: int
    relabelled: Mapping[tuple[str, str], int]
    """Kept tickets with another label, by the older and the newer one, most frequent first."""
    moved: int
    """Kept tickets that are in another split now."""
    labels: Shift
    languages: Shift


def compare(old: Splits, new: Splits) -> Difference:
    """Compare two versions.

    Raises:
        DataError: they have no label in common, so that they are not versions of the same thing.
    """
    if not set(old.manifest.labels) & set(new.manifest.labels):
        raise DataError(
            f"the two have no label in common ({', '.join(old.manifest.labels[:3])}, … and "
            f"{', '.join(new.manifest.labels[:3])}, …): choose the same --label-column for both"
        )
    before, after = _tickets(old), _tickets(new)
    old_rows, new_rows = match_tickets(before, after)
    kept_before, kept_after = before.take(old_rows), after.take(new_rows)
    removed, added = _without(before, old_rows), _without(after, new_rows)
    changed = pc.not_equal(kept_before["label"], kept_after["label"])
    pairs = Counter(
        zip(
            kept_before["label"].filter(changed).to_pylist(),
            kept_after["label"].filter(changed).to_pylist(),
            strict=True,
        )
    )
    if added.num_rows:
        groups = {"added": added, "older": before}
    else:
        groups = {"removed": removed, "kept": kept_before}
    totals = Counter(before["language"].to_pylist() + after["language"].to_pylist())
    languages = sorted(totals, key=lambda language: (-totals[language], language))
    labels = dict.fromkeys((*old.manifest.labels, *new.manifest.labels))
    return Difference(
        old=old.manifest,
        new=new.manifest,
        added=added.num_rows,
        removed=removed.num_rows,
        kept=kept_after.num_rows,
        relabelled=dict(pairs.most_common()),
        moved=pc.sum(pc.not_equal(kept_before["split"], kept_after["split"])).as_py() or 0,
        labels=_shift("label", tuple(labels), before, after, groups),
        languages=_shift("language", tuple(languages), before, after, groups),
    )


def _tickets(splits: Splits) -> pa.Table:
    """Return id, label, language and split of every ticket."""
    parts = []
    for name in splits.manifest.splits:
        part = splits.read(name).select(["id", "label", "language"])
        parts.append(part.append_column("split", pa.repeat(name, part.num_rows)))
    return pa.concat_tables(parts).combine_chunks()


def _without(table: pa.Table, rows: Rows) -> pa.Table:
    """Return the other rows of a table."""
    others = np.ones(table.num_rows, bool)
    others[rows] = False
    return table.filter(pa.array(others))


def _shift(
    column: str,
    kinds: tuple[str, ...],
    before: pa.Table,
    after: pa.Table,
    groups: dict[str, pa.Table],
) -> Shift:
    def count(table: pa.Table) -> npt.NDArray[np.int64]:
        counts = Counter(table[column].to_pylist())
        return np.array([counts[kind] for kind in kinds], np.int64)

    (one, first), (other, second) = groups.items()
    result = chi_squared_test(np.stack([count(first), count(second)]))
    test = ShiftTest((one, other), (first.num_rows, second.num_rows), *result) if result else None
    return Shift(kinds, count(before), count(after), test)
