"""Fetches the prepared tickets that a run learns from. Imports no torch."""

from __future__ import annotations

import logging
from pathlib import Path

from cs_data import Splits, fetch
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
