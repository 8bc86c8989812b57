"""Compares two versions of a data set, ticket by ticket and by what they hold of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cs_data.errors import DataError
from cs_data.preparing.manifest import Manifest, Splits

SIGNIFICANT = 0.01
"""Below this p-value a shift is called more than chance."""
_FEWEST_EXPECTED = 5
_DRAWS = 1_999


@dataclass(frozen=True)
class ShiftTest:
    """Whether two groups of tickets that do not overlap differ more than by chance.

    The p-value is that of Pearson's chi-squared test of homogeneity; where fewer than five tickets
    are expected of a kind, its distribution is drawn instead (1,999 tables with the same margins).
    """

    groups: tuple[str, str]
    """What was compared."""
    sizes: tuple[int, int]
    p_value: float
    cramers_v: float
    """Size of the difference, 0 to 1 (Cramér, Mathematical Methods of Statistics, 1946)."""

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

    A ticket is the same if its text is, as it was prepared.
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
    places = pc.index_in(after["id"], before["id"])
    is_new = pc.is_null(places)
    stays = pc.is_in(before["id"], after["id"])
    kept_after = after.filter(pc.invert(is_new))
    kept_before = before.take(places.drop_null())
    changed = pc.not_equal(kept_before["label"], kept_after["label"])
    pairs = Counter(
        zip(
            kept_before["label"].filter(changed).to_pylist(),
            kept_after["label"].filter(changed).to_pylist(),
            strict=True,
        )
    )
    added, removed = after.filter(is_new), before.filter(pc.invert(stays))
    moved = pc.sum(pc.not_equal(kept_before["split"], kept_after["split"])).as_py() or 0
    if added.num_rows:
        groups = (("added", added), ("older", before))
    else:
        groups = (("removed", removed), ("kept", before.filter(stays)))
    labels = tuple(dict.fromkeys((*old.manifest.labels, *new.manifest.labels)))
    languages = _most_frequent("language", before, after)
    return Difference(
        old=old.manifest,
        new=new.manifest,
        added=added.num_rows,
        removed=removed.num_rows,
        kept=kept_after.num_rows,
        relabelled=dict(pairs.most_common()),
        moved=moved,
        labels=_shift("label", labels, before, after, groups),
        languages=_shift("language", languages, before, after, groups),
    )


def _tickets(splits: Splits) -> pa.Table:
    """Give id, label, language and split of every ticket."""
    parts = []
    for name in splits.manifest.splits:
        part = splits.read(name).select(["id", "label", "language"])
        parts.append(part.append_column("split", pa.repeat(name, part.num_rows)))
    return pa.concat_tables(parts).combine_chunks()


def _most_frequent(column: str, before: pa.Table, after: pa.Table) -> tuple[str, ...]:
    counts = Counter(before[column].to_pylist()) + Counter(after[column].to_pylist())
    return tuple(sorted(counts, key=lambda kind: (-counts[kind], kind)))


def _shift(
    column: str,
    kinds: tuple[str, ...],
    before: pa.Table,
    after: pa.Table,
    groups: tuple[tuple[str, pa.Table], tuple[str, pa.Table]],
) -> Shift:
    (one, first), (other, second) = groups
    table = np.stack([_count(first[column], kinds), _count(second[column], kinds)])
    old, new = _count(before[column], kinds), _count(after[column], kinds)
    return Shift(kinds, old, new, _test(table, (one, other)))


def _count(values: pa.ChunkedArray, kinds: tuple[str, ...]) -> npt.NDArray[np.int64]:
    counts = Counter(values.to_pylist())
    return np.array([counts[kind] for kind in kinds], np.int64)


def _test(table: npt.NDArray[np.int64], groups: tuple[str, str]) -> ShiftTest | None:
    from scipy.stats import MonteCarloMethod, chi2_contingency
    from scipy.stats.contingency import association, expected_freq

    table = table[:, table.any(axis=0)]
    if table.shape[1] == 1 or not table.any(axis=1).all():
        return None
    method = None
    if expected_freq(table).min() < _FEWEST_EXPECTED:
        method = MonteCarloMethod(n_resamples=_DRAWS, rng=np.random.default_rng(0))
    return ShiftTest(
        groups,
        (int(table[0].sum()), int(table[1].sum())),
        float(chi2_contingency(table, correction=False, method=method).pvalue),
        float(association(table, method="cramer")),
    )
