"""Fetches the prepared tickets that a run learns from. Imports no torch."""

from __future__ import annotations

import logging
from pathlib import Path

from cs_data import PrepareOptions, Splits, fetch
from cs_train.config import DatasetConfig

_log = logging.getLogger(__name__)
_MAX_LINES = 5  # line numbers that are logged for each reason of rejected rows


def caveat_of(dataset: DatasetConfig) -> str | None:
    """Return what a model of these tickets is not good for, None if nothing is known about that."""
    if dataset.name != "sample":
        return None
    return (
        "The tickets were made up by a program: this model shows that everything works, and is "
        "not for real use."
    )


def fetch_splits(dataset: DatasetConfig) -> Splits:
    """Return a data set, prepared now or before.

    Raises:
        DataError: if there are no usable tickets.

    """
    from cs_data.reports.summary import remarks

    labels = dataset.labels
    options = PrepareOptions(
        text_columns=tuple(dataset.text_columns),
        label_column=dataset.label_column,
        language_column=dataset.language_column,
        labels=tuple(labels) if isinstance(labels, list) else labels,
        near_duplicates=dataset.near_duplicates,
        seed=dataset.seed,
    )
    splits = fetch(
        dataset.name,
        path=None if dataset.path is None else Path(dataset.path),
        options=options,
        data_dir=Path(dataset.data_dir),
    )
    manifest = splits.manifest
    rows = ", ".join(f"{name} {split.rows:,}" for name, split in manifest.splits.items())
    _log.info("data: %s from %s, prepared in %s", rows, manifest.raw.file, splits.folder)
    for remark in remarks(manifest, splits.rejected_lines(_MAX_LINES)):
        _log.info("data: %s", remark.plain)
    return splits
