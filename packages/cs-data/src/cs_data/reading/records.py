"""What the readers of all formats have in common: records, and those that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from cs_data.reading.file_bytes import FileBytes
from cs_data.reading.header import Header
from cs_data.reading.text_lines import TextLines

UNREADABLE = frozenset(
    {"cut_off", "wrong_field_count", "endless_field", "broken_quotes", "broken_json"}
)
"""Reasons of the readers: behind the first line of such a record there may be lost rows."""


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


Rejections = Callable[[Rejected], None]


class RowFacts:
    """What is known of a file that is made of rows, not of lines, as `TextLines` has it of text."""

    encoding = ""
    repair = "not_utf8"
    repaired = 0
    repaired_lines: Sequence[int] = ()

    def __init__(self, source: FileBytes) -> None:
        self._source = source
        self.lines_read = 0
        """Rows that were read so far."""
        self.bytes_read = 0

    @property
    def md5(self) -> str:
        """Return the md5 of the file as it lies there, packed if it is."""
        return self._source.md5

    def rows_read(self, rows: int, total: int) -> None:
        """Note how far reading is, by rows; bytes are estimated from them."""
        self.lines_read = rows
        self.bytes_read = self._source.size * rows // max(1, total)


class Records(Protocol):
    """The records of a file of one format, below a header that has the needed columns."""

    header: Header
    separator: str
    """Character between the fields; empty where the format has none."""
    notes: list[str]
    """What is worth saying about how the file is read, a line each."""

    @property
    def lines(self) -> TextLines | RowFacts:
        """What is known of the file; all of it once its last record was read."""

    @property
    def unit(self) -> Literal["line", "row"]:
        """What the numbers of records count."""

    def rows(self, on_rejected: Rejections) -> Iterator[Row]:
        """Yield every complete record; pass the others to `on_rejected`."""
