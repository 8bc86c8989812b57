"""Classify blocks of tickets, and write them as a table, CSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import IO, Any

from cs_model.bulk.tickets import TicketBlock
from cs_model.classifier import Classifier, Prediction
from cs_model.errors import ModelError

_log = logging.getLogger(__name__)

Classified = tuple[TicketBlock, list[Prediction | None]]
"""A block and the prediction for each of its tickets, None for one without a text."""
_FILE_FORMATS = ("csv", "jsonl", "parquet")
_ADDED = ("predicted_label", "predicted_probability")
_MIN_TEXT_WIDTH = 20
"""Characters of a table's line that are left for the text."""


def classify(classifier: Classifier, blocks: Iterable[TicketBlock]) -> Iterator[Classified]:
    """Yield each block with its predictions, and count the tickets on a terminal's standard error.

    A ticket without a text gets no prediction; how many there are is logged at the end.
    """
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,} tickets"), TimeElapsedColumn())
    console = Console(stderr=True)
    tickets = empty = 0
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=None)
        for block in blocks:
            given = [bool(text.strip()) for text in block.texts]
            answers = iter(classifier.predict(list(compress(block.texts, given))))
            yield block, [next(answers) if has_text else None for has_text in given]
            tickets, empty = tickets + len(given), empty + given.count(False)
            progress.advance(task, len(given))
    if empty:
        _log.warning("%s of %s tickets have no text and get no label", f"{empty:,}", f"{tickets:,}")


def format_of(path: Path) -> str:
    """Return the format that a file's ending names, or raise ModelError."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in _FILE_FORMATS:
        raise ModelError(f"the name of --output must end in .csv, .jsonl or .parquet, got {path}")
    return ending


def write(
    blocks: Iterable[Classified],
    labels: Sequence[str],
    kind: str,
    stream: IO[Any],
    columns: Sequence[str] = ("text",),
) -> None:
    """Write classified blocks in their order: each row's own columns, then the prediction's.

    The prediction's are empty for a ticket without a text. Without any block there is the header.

    Args:
        blocks: what `classify` yields.
        labels: class names; one `probability_<label>` column each.
        kind: `table` (for people: the text instead of the columns), `csv`, `jsonl` or `parquet`.
        stream: binary for `parquet`, text for the others.
        columns: the tickets' own.
    """
    if kind == "table":
        _write_table(blocks, labels, stream)
    else:
        writers = {"csv": _write_csv, "jsonl": _write_jsonl, "parquet": _write_parquet}
        writers[kind](_flat_blocks(blocks, labels), columns, added_columns(labels), stream)


def added_columns(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the columns that a prediction fills; all but the first hold numbers."""
    return (*_ADDED, *(f"probability_{label}" for label in labels))


def refuse_taken_columns(columns: Iterable[str], labels: Iterable[str]) -> None:
    """Raise ModelError if the tickets have a column that a prediction would overwrite."""
    added = added_columns(labels)
    if taken := [name for name in columns if name in added]:
        raise ModelError(
            f"the input has columns that the predictions are written to: "
            f"{', '.join(map(repr, taken))}: rename or drop them"
        )


def _flat_blocks(
    blocks: Iterable[Classified], labels: Sequence[str]
) -> Iterator[list[list[str | float | None]]]:
    nothing: list[str | float | None] = [None] * (len(_ADDED) + len(labels))
    for block, predictions in blocks:
        yield [
            [
                *row.values(),
                *(
                    (answer.label, answer.probability, *answer.probabilities.values())
                    if answer
                    else nothing
                ),
            ]
            for row, answer in zip(block.rows, predictions, strict=True)
        ]


def _write_csv(
    blocks: Iterable[list[list[Any]]], own: Sequence[str], added: Sequence[str], stream: IO[Any]
) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((*own, *added))
    for block in blocks:
        for row in block:
            writer.writerow(f"{v:.6f}" if isinstance(v, float) else v for v in row)


def _write_jsonl(
    blocks: Iterable[list[list[Any]]], own: Sequence[str], added: Sequence[str], stream: IO[Any]
) -> None:
    for block in blocks:
        for row in block:
            rounded = (round(v, 6) if isinstance(v, float) else v for v in row)
            named = dict(zip((*own, *added), rounded, strict=True))
            stream.write(json.dumps(named, ensure_ascii=False) + "\n")


def _write_parquet(
    blocks: Iterable[list[list[Any]]], own: Sequence[str], added: Sequence[str], stream: IO[Any]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [(name, pa.string()) for name in (*own, *added[:1])]
    schema = pa.schema([*fields, *((name, pa.float64()) for name in added[1:])])
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for block in blocks:
            arrays = [
                pa.array(values, field.type)
                for field, values in zip(schema, zip(*block, strict=True), strict=True)
            ]
            writer.write_table(pa.table(arrays, schema=schema))


def _write_table(blocks: Iterable[Classified], labels: Sequence[str], stream: IO[Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console, table = Console(file=stream), Table("text")
    # Where there is little room, the text takes more lines.
    table.add_column("label", no_wrap=True)
    # As Text, or brackets in it are taken for markup.
    headings = [Text(f"{label} %") for label in labels]
    widths = [heading.cell_len + len(" │ ") for heading in headings]
    is_wide = max(widths) + sum(widths) + _MIN_TEXT_WIDTH > console.width
    if is_wide:
        headings = [Text("%")]
    for heading in headings:
        table.add_column(heading, no_wrap=True, justify="right")
    for block, predictions in blocks:
        for text, prediction in zip(block.texts, predictions, strict=True):
            answer = [Text(prediction.label)] if prediction else []
            shares = list(prediction.probabilities.values()) if prediction else []
            if is_wide and prediction:
                shares = [prediction.probability]
            shown = Text(" ".join(text.split())[:200])
            table.add_row(shown, *answer, *(f"{100 * share:.1f}" for share in shares))
    console.print(table)
    if is_wide:
        console.print("all probabilities: --format csv or jsonl, or --output FILE", markup=False)
