"""Classify blocks of tickets, and write them as a table, CSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from cs_model.bulk.tickets import TicketBlock
from cs_model.classifier import Classifier, Prediction
from cs_model.errors import ModelError

Classified = tuple[TicketBlock, list[Prediction]]
_FILE_FORMATS = ("csv", "jsonl", "parquet")
_ADDED = ("predicted_label", "predicted_probability")


def classify(classifier: Classifier, blocks: Iterable[TicketBlock]) -> Iterator[Classified]:
    """Yield each block with its predictions, and count the tickets on a terminal's standard error.

    Raises:
        ModelError: if there is no ticket at all.
    """
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,} tickets"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=None)
        for block in blocks:
            yield block, classifier.predict(block.texts)
            progress.advance(task, len(block.texts))
        if not progress.tasks[task].completed:
            raise ModelError("there is no ticket to classify: the input is empty")


def format_of(path: Path) -> str:
    """Return the format that a file's ending names, or raise ModelError."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in _FILE_FORMATS:
        raise ModelError(f"the name of --output must end in .csv, .jsonl or .parquet, got {path}")
    return ending


def write(blocks: Iterable[Classified], labels: Sequence[str], kind: str, stream: IO[Any]) -> None:
    """Write classified blocks in their order: each row's own columns, then the prediction's.

    Args:
        blocks: what `classify` yields.
        labels: class names; one `probability_<label>` column each.
        kind: `table` (for people: the text instead of the columns), `csv`, `jsonl` or `parquet`.
        stream: binary for `parquet`, text for the others.
    """
    if kind == "table":
        _write_table(blocks, labels, stream)
    else:
        {"csv": _write_csv, "jsonl": _write_jsonl, "parquet": _write_parquet}[kind](blocks, stream)


def refuse_taken_columns(block: TicketBlock, labels: Iterable[str] = ()) -> None:
    """Raise ModelError if the tickets have a column that a prediction would overwrite."""
    added = {*_ADDED, *(f"probability_{label}" for label in labels)}
    if taken := [name for name in block.rows[0] if name in added]:
        raise ModelError(
            f"the input has columns that the predictions are written to: "
            f"{', '.join(map(repr, taken))}: rename or drop them"
        )


def _flat_rows(blocks: Iterable[Classified]) -> Iterator[dict[str, Any]]:
    for block, predictions in blocks:
        refuse_taken_columns(block, predictions[0].probabilities)
        for row, prediction in zip(block.rows, predictions, strict=True):
            yield {
                **row,
                "predicted_label": prediction.label,
                "predicted_probability": prediction.probability,
                **{f"probability_{k}": v for k, v in prediction.probabilities.items()},
            }


def _write_csv(blocks: Iterable[Classified], stream: IO[Any]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    for index, row in enumerate(_flat_rows(blocks)):
        if index == 0:
            writer.writerow(row)
        writer.writerow(f"{v:.6f}" if isinstance(v, float) else v for v in row.values())


def _write_jsonl(blocks: Iterable[Classified], stream: IO[Any]) -> None:
    for row in _flat_rows(blocks):
        rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
        stream.write(json.dumps(rounded, ensure_ascii=False) + "\n")


def _write_parquet(blocks: Iterable[Classified], stream: IO[Any]) -> None:
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
