"""The rows of a CSV export with their exact line numbers; broken ones are reported, not dropped."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cs_data.reading.header import Header, unique_names
from cs_data.reading.text_lines import TextLines

if TYPE_CHECKING:
    import _csv

# Long enough for any pasted log, short enough that a missing quote does not swallow the file.
_MAX_FIELD = 1 << 20
# A record that swallowed this many lines before the file ended lacks a quote rather than an end.
_MANY_LINES = 30

UNREADABLE = frozenset({"cut_off", "wrong_field_count", "endless_field", "broken_quotes"})
"""Reasons of `ExportTable`: behind the first line of such a record there may be lost rows."""


class Rejected(NamedTuple):
    """A row that cannot be used: its first and last line in the file, and why."""

    line: int
    end_line: int
    reason: str
    detail: str


class Row(NamedTuple):
    """A complete record: its first and last line in the file, and its fields."""

    line: int
    end_line: int
    fields: list[str]


class ExportTable:
    """A CSV export whose header names the needed columns; separator and encoding are detected.

    Args:
        path: the file.
        needed: alternatives, each a list of column names. The first one of which the header has
            every column decides what the separator is.
        how_to_choose: given the name of an absent column, says how to name another one; the end of
            the error message.

    Raises:
        DataError: the file holds no table, or none of the alternatives.
    """

    def __init__(
        self,
        path: Path,
        needed: Sequence[Sequence[str]],
        how_to_choose: Callable[[str], str] = lambda _: "name the right one",
    ) -> None:
        self.path = path
        self.lines = TextLines(path)
        self._header = Header.find(path, needed, how_to_choose)
        self.separator = self._header.separator
        self.needed = next(tuple(names) for names in needed if not self._header.absent(names))
        """The alternative that was found."""
        self.columns = unique_names(self._header.names)
        """Names of all columns, no two the same: `column_4` for one without a name, `tag (2)` for
        the second that is called `tag`."""

    def has(self, name: str) -> bool:
        """Say whether there is such a column, by its exact name or in any case."""
        return not self._header.absent([name])

    def column(self, name: str) -> int:
        """Return the index of a column, by its exact name or else by its name in any case.

        Raises:
            DataError: there is no such column, or more than one.
        """
        return self._header.column(name)

    def rows(self, on_rejected: Callable[[Rejected], None]) -> Iterator[Row]:
        """Yield every complete record after the header; pass the others to `on_rejected`.

        A row has as many fields as there are columns: fields beyond are dropped if they are empty.
        Blank lines are no records.
        """
        width = len(self.columns)
        source = iter(self.lines)
        reader = self._reader(source)
        before = end_line = 0  # lines read by earlier readers, and lines read in all
        limit_before = csv.field_size_limit(_MAX_FIELD)
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
                        on_rejected(self._unreadable(line, end_line, error))
                    continue
                end_line = before + reader.line_num
                if line <= self._header.end_line:
                    continue
                if len(fields) >= width and not any(map(str.strip, fields[width:])):
                    del fields[width:]
                    yield Row(line, end_line, fields)
                elif len(fields) > 1 or "".join(fields).strip():
                    on_rejected(self._wrong_field_count(line, end_line, len(fields)))
        finally:
            csv.field_size_limit(limit_before)

    def _reader(self, lines: Iterable[str]) -> _csv.Reader:
        # Strict, or a missing quote would make one ticket of all up to the next quoted field.
        return csv.reader(lines, delimiter=self.separator, strict=True)

    def _is_stray_quote(self, error: csv.Error) -> bool:
        return "expected after" in str(error) and len(self.lines.latest) <= _MAX_FIELD

    def _requoted(self, line: str) -> str:
        """Write a record's first line as it should have been; stray quotes stay in the text."""
        reader = csv.reader([line, ""], delimiter=self.separator)
        fields = ['"' + field.replace('"', '""') + '"' for field in next(reader)]
        text = self.separator.join(fields)
        # The reader asks for one more line only inside quotes, which are then to stay open.
        return text[:-1] if reader.line_num > 1 else text

    def _unreadable(self, line: int, end_line: int, error: csv.Error) -> Rejected:
        suspicion = f": a quote is probably missing on line {line}"
        # The reader asks for one more line only inside quotes: they were never closed.
        if self.lines.exhausted:
            reason, detail = "cut_off", "the file ends inside a quoted field"
            if end_line - line < _MANY_LINES:
                suspicion = ""
        elif "field limit" in str(error):
            reason, detail = "endless_field", f"a field of more than {_MAX_FIELD:,} characters"
        else:
            reason = "broken_quotes"
            detail = f"text goes on behind a closing quote on line {end_line}"
        return Rejected(line, end_line, reason, detail + suspicion)

    def _wrong_field_count(self, line: int, end_line: int, count: int) -> Rejected:
        detail = f"{count} fields where the header has {len(self.columns)}"
        if count < len(self.columns) and self.lines.ends_mid_line:
            return Rejected(line, end_line, "cut_off", f"the file ends in this record: {detail}")
        return Rejected(line, end_line, "wrong_field_count", detail)
