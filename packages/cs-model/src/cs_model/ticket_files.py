"""Reads tickets to classify from a CSV file or from lines of text, a block at a time."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from cs_model.errors import ModelError

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


@contextmanager
def _opened(path: Path) -> "Iterator[tuple[list[str], csv._reader]]":  # type: ignore[name-defined]
    """Open a CSV file; give its header, and the reader that has just read it."""
    with _text(path) as file:
        lines = map(_repaired, file)
        head = []
        for line in lines:
            head.append(line)
            if not _is_blank(line):
                break
        separator = max(_SEPARATORS, key=head[-1].count) if head else ","
        # The reader gets blank lines too, so that it counts lines as a person does.
        reader = csv.reader(chain(head, lines), delimiter=separator)
        header = next((fields for fields in reader if not _is_blank("".join(fields))), [])
        yield _column_names(path, header), reader


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
    with _opened(path) as (header, reader):
        while block := list(islice(_records(path, reader, len(header)), BLOCK_ROWS)):
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
    missing = ", ".join(wanted) if wanted else f"{', '.join(trained_on)} (or text)"
    raise ModelError(
        f"{path} lacks a column of {missing}; its first line names {', '.join(header) or 'none'}: "
        "name those that hold the text with --text-columns"
    )


def _records(path: Path, reader: "csv._reader", width: int) -> Iterator[list[str]]:  # type: ignore[name-defined]
    """Yield records of exactly `width` fields: one that was cut off is filled up."""
    try:
        for record in reader:
            if len(record) > width and any(record[width:]):
                raise ModelError(
                    f"{path}, line {reader.line_num}: {len(record)} fields where the header has "
                    f"{width}: put quotes around the field that holds a separator"
                )
            if record:
                yield (record + [""] * width)[:width]
    except csv.Error as error:
        raise ModelError(f"{path}, line {reader.line_num}: {error}") from error


def looks_like_a_file(argument: str) -> bool:
    """Tell a file argument from a text: `.csv` and `.tsv` are files, whether there or not."""
    return Path(argument).suffix.lower() in (".csv", ".tsv") and "\n" not in argument


def open_stdin(stream: TextIO) -> TextIO:
    """Return standard input as UTF-8, whatever the locale says."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    return stream
