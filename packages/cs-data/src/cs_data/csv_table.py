"""The rows of a CSV export with their exact line numbers; broken ones are told, never dropped."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cs_data.cleaning import clean_value
from cs_data.errors import DataError
from cs_data.options import PrepareOptions
from cs_data.text_lines import TextLines

if TYPE_CHECKING:
    import _csv

_SEPARATORS = ",;\t|"
# Long enough for any pasted log, short enough that a missing quote does not swallow the file.
_LONGEST_FIELD = 1 << 20
# A record that swallowed this many lines before the file ended lacks a quote rather than an end.
_MANY_LINES = 30
_COLUMNS_TOLD = 25

UNREADABLE = frozenset({"cut_off", "wrong_field_count", "endless_field", "broken_quotes"})
"""The reasons of `CsvTable`: behind the first line of such a record there may be lost rows."""
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)


class Rejected(NamedTuple):
    """A row that cannot be used: its first and last line in the file, and why."""

    line: int
    end_line: int
    reason: str
    detail: str


class Row(NamedTuple):
    """A whole record: its first and last line in the file, and its fields."""

    line: int
    end_line: int
    fields: list[str]


class CsvTable:
    """A CSV file whose header names the wanted columns; separator and encoding are found out.

    Raises:
        DataError: the file holds no table, or not these columns.
    """

    def __init__(self, path: Path, options: PrepareOptions) -> None:
        self.path = path
        self.lines = TextLines(path)
        self.separator, self._header, self._header_line = _find_header(path, options)
        self.text_at = [_column(path, self._header, name) for name in options.text_columns]
        self.label_at = _column(path, self._header, options.label_column)
        _refuse_same_columns(path, options, self.text_at, self.label_at)
        self.language_at = (
            _column(path, self._header, options.language_column)
            if _positions(self._header, options.language_column)
            else None
        )

    def rows(self, reject: Callable[[Rejected], None]) -> Iterator[Row]:
        """Give every whole record after the header; `reject` is told of the others.

        Fields beyond the header's are dropped if they are empty. Blank lines are no records.
        """
        width = len(self._header)
        source = iter(self.lines)
        reader = self._reader(source)
        before = end_line = 0  # lines read by earlier readers, and lines read in all
        limit_before = csv.field_size_limit(_LONGEST_FIELD)
        try:
            while True:
                line = end_line + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    end_line = before + reader.line_num
                    if self._is_stray_quote(error) and end_line == line:
                        reader = self._reader(chain([self._requoted(self.lines.latest)], source))
                        before = end_line = line - 1  # the line is read once more
                    else:
                        reject(self._unreadable(line, end_line, error))
                    continue
                end_line = before + reader.line_num
                if line <= self._header_line:
                    continue
                if len(fields) >= width and not any(map(str.strip, fields[width:])):
                    yield Row(line, end_line, fields)
                elif len(fields) > 1 or "".join(fields).strip():
                    reject(self._wrong_field_count(line, end_line, len(fields)))
        finally:
            csv.field_size_limit(limit_before)

    def _reader(self, lines: Iterable[str]) -> _csv.Reader:
        # Strict, or a missing quote would make one ticket of all up to the next quoted field.
        return csv.reader(lines, delimiter=self.separator, strict=True)

    def _is_stray_quote(self, error: csv.Error) -> bool:
        return "expected after" in str(error) and len(self.lines.latest) <= _LONGEST_FIELD

    def _requoted(self, line: str) -> str:
        """Write a record's first line as it should have been; stray quotes stay in the text."""
        reader = csv.reader([line, ""], delimiter=self.separator)
        fields = ['"' + field.replace('"', '""') + '"' for field in next(reader)]
        text = self.separator.join(fields)
        # The reader asks for one more line only inside quotes, which are then to stay open.
        return text[:-1] if reader.line_num > 1 else text

    def _unreadable(self, line: int, end_line: int, error: csv.Error) -> Rejected:
        # The reader asks for one more line only inside quotes: they were never closed.
        if self.lines.exhausted:
            return _unclosed(line, end_line)
        if "field limit" in str(error):
            return _endless(line, end_line)
        return _broken_quotes(line, end_line)

    def _wrong_field_count(self, line: int, end_line: int, count: int) -> Rejected:
        detail = f"{count} fields where the header has {len(self._header)}"
        if count < len(self._header) and self.lines.ends_mid_line:
            return Rejected(line, end_line, "cut_off", f"the file ends in this record: {detail}")
        return Rejected(line, end_line, "wrong_field_count", detail)


def _unclosed(line: int, end_line: int) -> Rejected:
    detail = "the file ends inside a quoted field"
    if end_line - line >= _MANY_LINES:
        detail += f": a quote is probably missing on line {line}"
    return Rejected(line, end_line, "cut_off", detail)


def _broken_quotes(line: int, end_line: int) -> Rejected:
    detail = (
        f"text goes on behind a closing quote on line {end_line}: "
        f"a quote is probably missing on line {line}"
    )
    return Rejected(line, end_line, "broken_quotes", detail)


def _endless(line: int, end_line: int) -> Rejected:
    detail = (
        f"a field of more than {_LONGEST_FIELD:,} characters: "
        f"a quote is probably missing on line {line}"
    )
    return Rejected(line, end_line, "endless_field", detail)


def _find_header(path: Path, options: PrepareOptions) -> tuple[str, list[str], int]:
    """Give separator, column names and last line of a header that has all needed columns."""
    needed = (*options.text_columns, options.label_column)
    # Excel has a first line such as `sep=;` say what separates the fields.
    told = _SEPARATOR_LINE.fullmatch(next(iter(TextLines(path)), ""))
    separators = told[1] if told else _SEPARATORS
    headers = {separator: _header(path, separator, 1 if told else 0) for separator in separators}
    for separator, (names, line) in headers.items():
        if all(_positions(names, name) for name in needed):
            return separator, names, line
    names, _ = max(headers.values(), key=lambda header: len(header[0]))
    if not names:
        raise DataError(f"{path} holds no header: its first line must name the columns")
    missing = next(name for name in needed if not _positions(names, name))
    columns = ", ".join(repr(name) for name in names[:_COLUMNS_TOLD])
    more = f" and {len(names) - _COLUMNS_TOLD} more" if len(names) > _COLUMNS_TOLD else ""
    lower = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(missing.casefold(), lower, n=1)
    guess = f"did you mean {lower[near[0]]!r}? " if near else ""
    setting = "text_columns" if missing in options.text_columns else "label_column"
    raise DataError(
        f"{path} has no column {missing!r}: its columns are {columns}{more}; {guess}name the right "
        f"one with --{setting.replace('_', '-')} (cs-data) or dataset.{setting} (cs-train)"
    )


def _header(path: Path, separator: str, skipped: int) -> tuple[list[str], int]:
    reader = csv.reader(TextLines(path), delimiter=separator)
    try:
        for fields in reader:
            names = [clean_value(field) for field in fields]
            if reader.line_num > skipped and any(names):
                return names, reader.line_num
    except csv.Error:
        pass
    return [], 0


def _positions(names: list[str], wanted: str) -> list[int]:
    """Where the column is: by its exact name, or else by its name in any case."""
    exact = [at for at, name in enumerate(names) if name == wanted]
    folded = clean_value(wanted).casefold()
    return exact or [at for at, name in enumerate(names) if name.casefold() == folded]


def _column(path: Path, names: list[str], wanted: str) -> int:
    found = _positions(names, wanted)
    if len(found) > 1:
        raise DataError(
            f"{path}: {len(found)} columns are called {wanted!r} (columns "
            f"{', '.join(str(at + 1) for at in found)}): rename all but one"
        )
    return found[0]


def _refuse_same_columns(
    path: Path, options: PrepareOptions, text_at: list[int], label_at: int
) -> None:
    """Two names in another case may be one column, which the options alone cannot know."""
    if label_at in text_at:
        raise DataError(
            f"{path}: {options.text_columns[text_at.index(label_at)]!r} and "
            f"{options.label_column!r} are one column, named both as text and as label: the text "
            "would give the answer away; leave it out of text_columns"
        )
    if len(set(text_at)) < len(text_at):
        raise DataError(
            f"{path}: text_columns is {list(options.text_columns)}, and two of these are one "
            "column: name it once"
        )
