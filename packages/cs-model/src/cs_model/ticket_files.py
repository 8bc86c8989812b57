"""Reads tickets to classify from a CSV file or from lines of text, a block at a time."""

from __future__ import annotations

import codecs
import csv
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from cs_model.errors import ModelError

_log = logging.getLogger(__name__)
BLOCK_ROWS = 4096
_SEPARATORS = ",;\t|"
_ONE_COLUMN = ("text",)  # what a table is expected to hold when the model's own columns are missing


@dataclass(frozen=True)
class TicketBlock:
    """Some tickets: the columns they came with, and the text that the classifier reads."""

    rows: list[dict[str, str]]
    texts: list[str]


def read_csv(
    path: Path, text_columns: Sequence[str] | None, trained_on: Sequence[str]
) -> Iterator[TicketBlock]:
    """Yield the rows of a CSV file with a header, in order, each with its text.

    The header is read when this is called, the rows when they are asked for.

    Args:
        path: comma, semicolon, tab or bar separated; UTF-16 if a byte-order mark says so, else
            UTF-8 or, where a line is not, Windows-1252.
        text_columns: columns to join by a line break; None for those the model was trained on,
            or `text` where the file has none of them.
        trained_on: the columns the model was trained on.

    Raises:
        ModelError: if the file cannot be read or lacks the columns.

    """
    if path.is_dir() or not path.exists():
        raise ModelError(f"there is no file {path}")
    csv.field_size_limit(1 << 24)  # a ticket may carry a pasted log
    with _opened(path) as (header, _):
        columns = _columns(path, header, text_columns, trained_on)
    return _blocks(path, columns)


class _Records:
    """The records of a CSV file, and the lines that the latest of them stands on.

    A missing quote would make one ticket of several: it is refused, or at the end of the file,
    which may only be cut off, told.
    """

    def __init__(self, path: Path, lines: Iterable[str], separator: str) -> None:
        self._path = path
        self._separator = separator
        self._lines: list[str] = []  # of the latest record
        self._reader = csv.reader(map(self._noted, lines), delimiter=separator, strict=True)
        self.first_line = 1
        """Of the latest record, counted from 1."""

    @property
    def last_line(self) -> int:
        """Of the latest record."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            self._lines.clear()
            self.first_line = self.last_line + 1
            try:
                yield next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._mended(error)

    def _noted(self, line: str) -> str:
        self._lines.append(line)
        return line

    def _mended(self, error: csv.Error) -> list[str]:
        where = f"{self._path}, line {self.first_line}"
        several = len(self._lines) > 1
        if several and "end of data" in str(error):
            _log.warning(
                "%s: a quote is not closed, so that everything from there to the end, line %d, is "
                "read as one ticket",
                where,
                self.last_line,
            )
        elif several:
            raise ModelError(
                f"{where}: a quote is probably missing, for the record goes on to line "
                f"{self.last_line} ({error})"
            ) from error
        elif "field limit" in str(error):
            raise ModelError(f"{where}: {error}") from error
        # Stray quotes on one line stay in its text.
        return next(csv.reader(self._lines, delimiter=self._separator))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[list[str], _Records]]:
    """Open a CSV file; give its header, and the records behind it."""
    with _text(path) as file:
        lines = map(_repaired, file)
        head = []
        for line in lines:
            head.append(line)
            if not _is_blank(line):
                break
        separator = max(_SEPARATORS, key=head[-1].count) if head else ","
        # Blank lines are passed on too, so that lines are counted as a person does.
        records = _Records(path, chain(head, lines), separator)
        header = next((fields for fields in records if not _is_blank("".join(fields))), [])
        yield _column_names(path, header), records


def _text(path: Path) -> TextIO:
    """Open a file in the encoding and with the line ends that its beginning shows."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    # Some old programs end lines with a carriage return alone.
    newline = "\r" if b"\r" in head and b"\n" not in head else "\n"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return path.open(encoding="utf-16", errors="replace", newline=newline)
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def _is_blank(line: str) -> bool:
    return not line.strip(_SEPARATORS + " \r\n")


def _column_names(path: Path, header: Sequence[str]) -> list[str]:
    """Name each column: one without a name by its number, for rows are kept by these names."""
    names = [name if name.strip() else f"column_{at}" for at, name in enumerate(header, start=1)]
    for name in names:
        places = [str(at) for at, other in enumerate(names, start=1) if other == name]
        if len(places) > 1:
            raise ModelError(
                f"{path}: {len(places)} columns are called {name!r} ({', '.join(places)}): "
                "rename all but one"
            )
    return names


def _blocks(path: Path, columns: Sequence[str]) -> Iterator[TicketBlock]:
    with _opened(path) as (header, records):
        rows_of_file = _of_width(path, records, len(header))
        while block := list(islice(rows_of_file, BLOCK_ROWS)):
            rows = [dict(zip(header, record, strict=True)) for record in block]
            texts = ["\n".join(filter(None, (row[c].strip() for c in columns))) for row in rows]
            yield TicketBlock(rows, texts)


def read_lines(stream: TextIO) -> Iterator[TicketBlock]:
    """Yield the lines of a stream, each a ticket: a blank one too, so that answers stay in step."""
    lines = (line.rstrip("\r\n") for line in stream)
    while texts := list(islice(lines, BLOCK_ROWS)):
        yield given_texts(texts)


def given_texts(texts: Sequence[str]) -> TicketBlock:
    """Return texts as a block with the one column `text`."""
    return TicketBlock([{"text": text} for text in texts], list(texts))


def _repaired(line: str) -> str:
    """Read the bytes again that were no UTF-8, which `surrogateescape` kept."""
    try:
        raw = line.encode("utf-8", "surrogateescape")
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
        broken = text.count("\ufffd")
        # Windows-1252 hardly ever looks like UTF-8: where most does, some bytes were damaged.
        if sum(not character.isascii() for character in text) > 2 * broken:
            return text
        return raw.decode("windows-1252", "replace")


def _columns(
    path: Path, header: Sequence[str], wanted: Sequence[str] | None, trained_on: Sequence[str]
) -> list[str]:
    without_case = {column.strip().casefold(): column for column in reversed(header)}
    for choice in [wanted] if wanted else [trained_on, _ONE_COLUMN]:
        found = [
            column if column in header else without_case.get(column.casefold()) for column in choice
        ]
        if None not in found:
            return [column for column in found if column is not None]
    names = wanted or trained_on
    absent = [name for name in names if name.casefold() not in without_case]
    near = get_close_matches(absent[0].casefold(), without_case, n=1)
    hint = f" (did you mean {without_case[near[0]]}?)" if near else ""
    absent += [] if wanted else _ONE_COLUMN
    raise ModelError(
        f"{path} has no column {' or '.join(absent)}; its columns are "
        f"{', '.join(header) or 'none'}: name those that hold the text with --text-columns{hint}"
    )


def _of_width(path: Path, records: _Records, width: int) -> Iterator[list[str]]:
    """Yield records of exactly `width` fields: one that was cut off is filled up."""
    for record in records:
        if len(record) > width and any(record[width:]):
            cure = "put quotes around the field that holds a separator"
            if records.first_line < records.last_line:
                cure = f"a quote is probably missing, for it goes on to line {records.last_line}"
            raise ModelError(
                f"{path}, line {records.first_line}: {len(record)} fields where the header has "
                f"{width}: {cure}"
            )
        if record:
            yield (record + [""] * width)[:width]


def looks_like_a_file(argument: str) -> bool:
    """Tell a file argument from a text: `.csv` and `.tsv` are files, whether there or not."""
    return Path(argument).suffix.lower() in (".csv", ".tsv") and "\n" not in argument


def open_stdin(stream: TextIO) -> TextIO:
    """Return standard input as UTF-8, whatever the locale says."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    return stream
