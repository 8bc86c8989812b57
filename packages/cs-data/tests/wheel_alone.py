"""Prove that the wheel alone, without any extra, can make tickets and prepare them."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

import cs_data

with tempfile.TemporaryDirectory() as folder:
    raw = Path(folder, "sample.csv")
    cs_data.make_sample(raw, rows=400)
    splits = cs_data.prepare(raw, Path(folder, "prepared"))
    rows = {name: splits.read(name).num_rows for name in ("train", "validation", "test")}

assert all(rows.values()), rows
extras = ("dvc", "huggingface_hub", "matplotlib", "scipy")
assert not any(map(find_spec, extras)), "an extra is installed: this proves nothing"
print(f"cs-data: prepared {rows} in {cs_data.__file__}")
