"""Count the tickets that have the same text, and how often their labels differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cs_data.preparing.grouping import LabelCounts, Rows
from cs_data.preparing.manifest import IdenticalTexts
from cs_data.preparing.splitting import SPLITS

_MAX_PAIRS = 20


def count_identical(
    texts: Rows,
    labels: npt.NDArray[np.int32],
    splits: npt.NDArray[np.int8],
    names: Sequence[str],
) -> IdenticalTexts:
    """Count the tickets that share a text, and those that no model can be right on.

    A model gives the same answer to the same text. So it can at most be right on those tickets of
    each text that have the text's most frequent label.

    Args:
        texts: for each ticket the first one with the same text.
        labels: for each ticket the index of its label in `names`.
        splits: for each ticket the index of its split in `SPLITS`.
        names: the labels.
    """
    sizes = np.bincount(texts)
    counts = LabelCounts.of(texts, labels)
    by_rows = np.lexsort((-counts.rows, counts.groups))  # stable, so the first label among equals
    _, text_of, pairs = np.unique(counts.groups, return_inverse=True, return_counts=True)
    usual = counts.labels[by_rows][np.cumsum(pairs) - pairs][text_of]
    other = np.flatnonzero(counts.labels != usual)
    mixed = np.unique(counts.groups[other])
    by_split = np.bincount(splits[counts.groups[other]], counts.rows[other], len(SPLITS))
    kinds, kind_of = np.unique(
        usual[other] * len(names) + counts.labels[other], return_inverse=True
    )
    rows_of_kind = np.bincount(kind_of, counts.rows[other], len(kinds)).astype(int)
    most = np.argsort(-rows_of_kind, kind="stable")[:_MAX_PAIRS]
    return IdenticalTexts(
        texts=int((sizes > 1).sum()),
        rows=int(sizes[sizes > 1].sum()),
        mixed_texts=len(mixed),
        mixed_rows=int(sizes[mixed].sum()),
        minority_rows={name: int(by_split[at]) for at, name in enumerate(SPLITS)},
        minority_labels=tuple(
            (names[kinds[at] // len(names)], names[kinds[at] % len(names)], int(rows_of_kind[at]))
            for at in most
        ),
    )
