"""Read the tickets to classify from an export or from lines of text, a block at a time."""

from __future__ import annotations

import io
import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from cs_data.cleaning import Cleaning, ticket_text
from cs_data.errors import DataError
from cs_data.reading import REPAIRS, ExportTable, Rejected
from cs_data.reading.character_sets import named_encoding
from cs_data.wording import reason_counts
from cs_model.encoding import valid_unicode

_log = logging.getLogger(__name__)
_CLEANING = Cleaning()
_BLOCK_ROWS = 4096
_BLOCK_CHARACTERS = 1 << 24
_ONE_COLUMN = ("text",)  # for a table without the columns that the model was trained on
_MAX_UNREADABLE = 0.05
_FILE_NAME = re.compile(
    r"\.((csv|tsv|jsonl|ndjson|json)(\.(gz|zip))?|gz|zip|xlsx|xlsm|xls|parquet)$", re.IGNORECASE
)
_PATH = re.compile(r"~?/|\.\.?/|.*/$")
_UNDECODED = re.compile("[\udc80-\udcff]")  # what `surrogateescape` makes of a byte
_EXAMPLES = 3  # of each reason why a record cannot be read


@dataclass(frozen=True)
class TicketBlock:
    """A block of tickets: their own columns, and the texts that the classifier reads."""

    rows: list[dict[str, str]]
    texts: list[str]


@dataclass(frozen=True)
class TicketSource:
    """Tickets to classify, in blocks and in order, and the names of their own columns."""

    columns: tuple[str, ...]
    blocks: Iterable[TicketBlock]

    def __iter__(self) -> Iterator[TicketBlock]:
        return iter(self.blocks)


def read_export(
    path: Path,
    text_columns: Sequence[str] | None,
    trained_on: Sequence[str],
    encoding: str | None = None,
    cleaning: Cleaning = _CLEANING,
) -> TicketSource:
    """Return the rows of an export with their texts.

    The file is read once when this is called, to report what cannot be read, and again as the
    blocks are consumed.

    Args:
        path: whatever `cs-data prepare` can read.
        text_columns: columns to join by a line break; None for those the model was trained on,
            or `text` where the file has none of them.
        trained_on: the columns the model was trained on.
        encoding: of a text file, if it is known.
        cleaning: how the texts that the model was trained on were cleaned.

    Raises:
        DataError: if it is no export with these columns, no row can be read, or more than 5 % of
            its records cannot be.
    """
    needed = [text_columns] if text_columns else [trained_on, _ONE_COLUMN]
    table = ExportTable(path, needed, _how_to_choose, encoding)
    if not text_columns and any(map(table.has, trained_on)) and table.needed != tuple(trained_on):
        # A column of the training would be ignored for the one called `text`.
        ExportTable(path, [trained_on], _how_to_choose, encoding)
    text_at = [table.column(name) for name in table.needed]
    _report_unreadable(table)
    return TicketSource(table.columns, _blocks(table, text_at, cleaning))


def _how_to_choose(_: str) -> str:
    return (
        "name those that hold the text with --text-columns, or give each line of a file as a "
        "ticket with - < FILE"
    )


def _blocks(
    table: ExportTable, text_at: Sequence[int], cleaning: Cleaning
) -> Iterator[TicketBlock]:
    block, characters = TicketBlock([], []), 0
    for row in table.rows(lambda _: None):
        block.rows.append(dict(zip(table.columns, row.fields, strict=True)))
        block.texts.append(ticket_text((row.fields[at] for at in text_at), cleaning))
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
    for note in table.notes:
        _log.warning("%s: %s", table.path, note)
    if repaired := table.lines.repaired:
        first = f"first: {table.unit} {table.lines.repaired_lines[0]}"
        what = f"{repaired:,} {REPAIRS[table.lines.repair]} ({first})"
        _log.warning("%s: repaired lines: %s", table.path, what)
    if not unreadable:
        return
    summary = f"{unreadable:,} of {readable + unreadable:,} records cannot be read"
    if not readable or unreadable > _MAX_UNREADABLE * (readable + unreadable):
        raise DataError(
            f"{table.path}: {summary}, and at most {_MAX_UNREADABLE:.0%} may be left out: export "
            f"the file again; the first is {_place(examples[0], table.unit)}: {examples[0].detail}"
        )
    reasons = reason_counts(counts)
    behind = f"; further lines inside them: {lines_behind:,}" if lines_behind else ""
    _log.warning("%s: %s and are left out (%s)%s", table.path, summary, reasons, behind)
    for record in examples:
        _log.warning("%s, %s: %s", table.path, _place(record, table.unit), record.detail)


def _place(record: Rejected, unit: str) -> str:
    several = record.end_line > record.line
    return f"{unit}s {record.line}-{record.end_line}" if several else f"{unit} {record.line}"


def read_lines(stream: TextIO, encoding: str | None = None) -> TicketSource:
    """Return one ticket a line; a blank line is one, too, so that results stay in step.

    Args:
        stream: standard input; bytes of a file or a pipe are decoded, whatever the locale says.
        encoding: None for UTF-8, in which what cannot be read is replaced and reported.

    Raises:
        DataError: there is no such encoding, or while the blocks are read, a line is not in it.
    """
    codec = named_encoding(encoding).codec if encoding else "utf-8"
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding=codec, errors="surrogateescape")
    return TicketSource(_ONE_COLUMN, _blocks_of_lines(stream, encoding))


def _blocks_of_lines(stream: TextIO, encoding: str | None) -> Iterator[TicketBlock]:
    read, broken = 0, []
    while texts := [line.rstrip("\r\n") for line in islice(stream, _BLOCK_ROWS)]:
        for number, text in enumerate(texts, start=read + 1):
            if _UNDECODED.search(text):
                broken.append(number)
        if broken and encoding:
            raise DataError(
                f"standard input is not {encoding}: line {broken[0]} cannot be decoded; name "
                "another encoding with --encoding"
            )
        read += len(texts)
        yield given_texts([_UNDECODED.sub("\ufffd", text) for text in texts])
    if broken:
        _log.warning(
            "standard input: %s lines are not UTF-8 and read with \ufffd in them (first: line %s): "
            "give --encoding", f"{len(broken):,}", broken[0],
        )  # fmt: skip


def given_texts(texts: list[str]) -> TicketBlock:
    """Return texts as a block with the one column `text`."""
    texts = list(map(valid_unicode, texts))  # an argument may hold bytes that are no UTF-8
    return TicketBlock([{"text": text} for text in texts], texts)


def looks_like_a_file(argument: str) -> bool:
    """Return whether an argument is a file or folder, there or not, rather than a text."""
    if "\n" in argument:
        return False
    if os.path.exists(argument):  # noqa: PTH110 - Path.exists raises for a long text
        return True
    is_one_word = not any(map(str.isspace, argument))
    return bool(_FILE_NAME.search(argument)) or (is_one_word and bool(_PATH.match(argument)))
