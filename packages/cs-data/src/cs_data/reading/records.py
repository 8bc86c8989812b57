"""What the readers of all formats have in common: records, and those that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from cs_data.reading.header import Header

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
HowToChoose = Callable[[str], str]
Needed = Sequence[Sequence[str]]


class Facts(Protocol):
    """What is known of a file; all of it once its last record was read."""

    @property
    def md5(self) -> str:
        """Of the file as it lies there, packed if it is."""

    @property
    def bytes_read(self) -> int:
        """Bytes of the file that were read so far."""

    lines_read: int
    """Lines of the file, or rows where it has no lines."""
    encoding: str
    """Encoding of its text; empty where the format itself fixes it."""
    repair: str
    """The key in `REPAIRS` of what is done to lines that are not in that encoding."""
    repaired: int
    """Number of those lines."""
    repaired_lines: list[int]
    """The first few line numbers of those."""


class Records(Protocol):
    """The records of a file of one format, below a header that has the needed columns."""

    header: Header
    separator: str
    """Character between the fields; empty where the format has none."""
    notes: list[str]
    """What is worth saying about how the file is read, a line each."""

    @property
    def lines(self) -> Facts:
        """What is known of the file."""

    @property
    def unit(self) -> Literal["line", "row"]:
        """What the numbers of records count."""

    def rows(self, on_rejected: Rejections) -> Iterator[Row]:
        """Yield every complete record; pass the others to `on_rejected`."""
