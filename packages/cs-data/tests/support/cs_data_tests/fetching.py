"""Functions that other processes run, so they must be importable there."""

from __future__ import annotations

from cs_data import fetch


def fetch_custom(path, data_dir):
    splits = fetch("custom", path=path, data_dir=data_dir)
    return str(splits.folder), {name: splits.read(name).num_rows for name in splits.manifest.splits}


def fetch_sample(data_dir):
    return fetch("sample", data_dir=data_dir).manifest.to_json()
