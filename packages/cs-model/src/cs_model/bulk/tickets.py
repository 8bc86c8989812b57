"""Read the tickets to classify from an export or from lines of text, a block at a time."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cs_data.cleaning import ticket_text
from cs_data.errors import DataError
from cs_data.reading import REPAIRED, ExportTable, Rejected
from cs_model.encoding import valid_unicode

_log = logging.getLogger(__name__)
_BLOCK_ROWS = 4096
_BLOCK_CHARACTERS = 1 << 24
_ONE_COLUMN = ("text",)  # for a table without the columns that the model was trained on
_MAX_UNREADABLE = 0.05
_EXAMPLES = 3  # of each reason why a record cannot be read


@dataclass(frozen=True)
class TicketBlock:
    """A block of tickets: their own columns, and the texts that the classifier reads."""

    rows: list[dict[str, str]]
    texts: list[str]


def read_export(
    path: Path, text_columns: Sequence[str] | None, trained_on: Sequence[str]
) -> Iterator[TicketBlock]:
    """Yield the rows of a CSV export with their texts, in blocks and in order.

    The file is read once when this is called, to report what cannot be read, and again as the
    blocks are consumed.

    Args:
        path: whatever `cs-data prepare` can read.
        text_columns: columns to join by a line break; None for those the model was trained on,
            or `text` where the file has none of them.
        trained_on: the columns the model was trained on.

    Raises:
        DataError: if it is no CSV file with these columns, no row can be read, or more than 5 % of
            its records cannot be.
    """
    needed = [text_columns] if text_columns else [trained_on, _ONE_COLUMN]
    table = ExportTable(path, needed, _how_to_choose)
    if not text_columns and any(map(table.has, trained_on)) and table.needed != tuple(trained_on):
        ExportTable(path, [trained_on], _how_to_choose)  # raises, or a column would be ignored
    text_at = [table.column(name) for name in table.needed]
    _report_unreadable(table)
    return _blocks(ExportTable(path, needed), text_at)


def _how_to_choose(_: str) -> str:
    return "name those that hold the text with --text-columns"


def _blocks(table: ExportTable, text_at: Sequence[int]) -> Iterator[TicketBlock]:
    block, characters = TicketBlock([], []), 0
    for row in table.rows(lambda _: None):
        block.rows.append(dict(zip(table.columns, row.fields, strict=True)))
        block.texts.append(ticket_text(row.fields[at] for at in text_at))
        characters += sum(map(len, row.fields))
        if len(block.rows) == _BLOCK_ROWS or characters > _BLOCK_CHARACTERS:
            yield block
            block, characters = TicketBlock([], []), 0
    if block.rows:
        yield block


def _report_unreadable(table: ExportTable) -> None:
    """Log what cannot be read or was repaired, and refuse a file with many such records."""
    counts: Counter[str] = Counter()
    examples: list[Rejected] = []
    lines_behind = 0

    def on_rejected(record: Rejected) -> None:
        nonlocal lines_behind
        counts[record.reason] += 1
        lines_behind += record.end_line - record.line
        if counts[record.reason] <= _EXAMPLES:
            examples.append(record)

    readable = sum(1 for _ in table.rows(on_rejected))
    unreadable = counts.total()
    if repaired := table.lines.repaired:
        first = table.lines.repaired_lines[0]
        what = f"{repaired:,} {REPAIRED} (first: line {first})"
        _log.warning("%s: repaired lines: %s", table.path, what)
    if not unreadable:
        return
    summary = f"{unreadable:,} of {readable + unreadable:,} records cannot be read"
    if not readable or unreadable > _MAX_UNREADABLE * (readable + unreadable):
        raise DataError(
            f"{table.path}: {summary}, and at most {_MAX_UNREADABLE:.0%} may be left out: export "
            f"the file again; the first is {_place(examples[0])}: {examples[0].detail}"
        )
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in counts.most_common())
    behind = f"; further lines inside them: {lines_behind:,}" if lines_behind else ""
    _log.warning("%s: %s and are left out (%s)%s", table.path, summary, reasons, behind)
    for record in examples:
        _log.warning("%s, %s: %s", table.path, _place(record), record.detail)


def _place(record: Rejected) -> str:
    several = record.end_line > record.line
    return f"lines {record.line}-{record.end_line}" if several else f"line {record.line}"


def read_lines(lines: Iterable[str]) -> Iterator[TicketBlock]:
    """Yield blocks of one ticket a line; a blank line is one, too, so that results stay in step."""
    texts = (line.rstrip("\r\n") for line in lines)
    while block := list(islice(texts, _BLOCK_ROWS)):
        yield given_texts(block)


def given_texts(texts: list[str]) -> TicketBlock:
    """Return texts as a block with the one column `text`."""
    texts = list(map(valid_unicode, texts))  # an argument may hold bytes that are no UTF-8
    return TicketBlock([{"text": text} for text in texts], texts)


def looks_like_a_file(argument: str) -> bool:
    """Return whether an argument is a file, there or not, rather than a text: `.csv` or `.tsv`."""
    return Path(argument).suffix.lower() in (".csv", ".tsv") and "\n" not in argument
