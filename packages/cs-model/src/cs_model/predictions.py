"""Write predictions as a table for people, or as CSV, JSON lines or Parquet for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from cs_model.classifier import Prediction
from cs_model.errors import ModelError
from cs_model.tickets import TicketBlock

FORMATS = ("table", "csv", "jsonl", "parquet")
Classified = tuple[TicketBlock, list[Prediction]]


def format_of(path: Path) -> str:
    """Return the format that a file's ending names, or raise ModelError."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS[1:]:
        raise ModelError(f"the name of --output must end in .csv, .jsonl or .parquet, got {path}")
    return ending


def write(blocks: Iterable[Classified], labels: Sequence[str], kind: str, stream: IO[Any]) -> None:
    """Write classified blocks: each row's own columns, then the prediction's.

    Args:
        blocks: in the order they shall appear.
        labels: class names; one `probability_<label>` column each.
        kind: one of `FORMATS`.
        stream: binary for `parquet`, text for the others.
    """
    writers = {
        "table": _write_table,
        "csv": _write_csv,
        "jsonl": _write_jsonl,
        "parquet": _write_parquet,
    }
    writers[kind](blocks, labels, stream)


def _flat_rows(blocks: Iterable[Classified]) -> Iterator[dict[str, Any]]:
    for block, predictions in blocks:
        for row, prediction in zip(block.rows, predictions, strict=True):
            yield {
                **row,
                "predicted_label": prediction.label,
                "predicted_probability": prediction.probability,
                **{f"probability_{k}": v for k, v in prediction.probabilities.items()},
            }


def _write_csv(blocks: Iterable[Classified], labels: Sequence[str], stream: IO[Any]) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in _flat_rows(blocks):
        if writer is None:
            writer = csv.DictWriter(stream, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({k: f"{v:.6f}" if isinstance(v, float) else v for k, v in row.items()})


def _write_jsonl(blocks: Iterable[Classified], labels: Sequence[str], stream: IO[Any]) -> None:
    for row in _flat_rows(blocks):
        rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
        stream.write(json.dumps(rounded, ensure_ascii=False) + "\n")


def _write_parquet(blocks: Iterable[Classified], labels: Sequence[str], stream: IO[Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: pq.ParquetWriter | None = None
    for block in blocks:
        table = pa.Table.from_pylist(list(_flat_rows([block])))
        writer = writer or pq.ParquetWriter(stream, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _write_table(blocks: Iterable[Classified], labels: Sequence[str], stream: IO[Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("text")
    # Where there is little room, the text takes more lines.
    table.add_column("label", no_wrap=True)
    for label in labels:  # as Text, or brackets in it are taken for markup
        table.add_column(Text(f"{label} %"), no_wrap=True, justify="right")
    for block, predictions in blocks:
        for text, prediction in zip(block.texts, predictions, strict=True):
            shares = (f"{100 * share:.1f}" for share in prediction.probabilities.values())
            table.add_row(Text(" ".join(text.split())[:200]), Text(prediction.label), *shares)
    Console(file=stream).print(table)
