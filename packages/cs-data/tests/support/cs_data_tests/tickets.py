"""Make texts for tickets, and look at prepared ones."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from cs_data import Splits

VOCABULARY = [a + b + c for a in "bdfglm" for b in "aeiou" for c in ("st", "rn", "ck", "mp")]


def unlike_texts(count: int, seed: int = 0, words: int = 12) -> list[str]:
    """Return texts of which no two are nearly the same."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    return [" ".join(draw.choices(VOCABULARY, k=words)) for _ in range(count)]


def rejected_rows(splits: Splits) -> list[dict[str, Any]]:
    """Return the rejected rows of prepared splits."""
    lines = (splits.folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def tickets_of(splits: Splits) -> list[dict[str, Any]]:
    """Return the tickets of all splits."""
    return [row for name in splits.manifest.splits for row in splits.read(name).to_pylist()]


def contents_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file in a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
