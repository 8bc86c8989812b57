"""The tickets that a run learns from: fetched, and as token ids and class numbers.

Imports no torch.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cs_data import Splits
from cs_model import Classifier
from cs_model.encoding import EncodedTexts
from cs_train.config import DatasetConfig

_log = logging.getLogger(__name__)
_MAX_LINES = 5  # line numbers that are logged for each reason of rejected rows


def fetch_splits(dataset: DatasetConfig) -> Splits:
    """Return a data set, prepared now or before.

    Raises:
        DataError: if there are no usable tickets.
    """
    from cs_data import fetch  # with Arrow, which takes time to load
    from cs_data.reports.summary import remarks

    splits = fetch(
        dataset.name,
        path=None if dataset.path is None else Path(dataset.path),
        options=dataset.options(),
        data_dir=Path(dataset.data_dir),
    )
    manifest = splits.manifest
    rows = ", ".join(f"{name} {split.rows:,}" for name, split in manifest.splits.items())
    _log.info("data: %s from %s, prepared in %s", rows, manifest.raw.file, splits.folder)
    for remark in remarks(manifest, splits.rejected_lines(_MAX_LINES)):
        _log.info("data: %s", remark.plain)
    return splits


@dataclass(frozen=True)
class LabelledTexts:
    """Texts with their true classes; every field has the length of the split."""

    encoded: EncodedTexts
    targets: NDArray[np.int64]  # class numbers, in the order of the classifier's labels

    def __len__(self) -> int:
        return len(self.targets)


def label_texts(
    classifier: Classifier, texts: Sequence[str], labels: Sequence[str]
) -> LabelledTexts:
    """Encode texts for a classifier and number their labels."""
    number = {label: index for index, label in enumerate(classifier.labels)}
    targets = np.array([number[label] for label in labels], dtype=np.int64)
    return LabelledTexts(classifier.encode(texts), targets)
