"""Facts of a file that is made of rows, not of lines."""

from __future__ import annotations

from cs_data.reading.file_bytes import FileBytes


class RowFacts:
    """What is known of a file whose format fixes the encoding of its text."""

    def __init__(self, source: FileBytes) -> None:
        self._source = source
        self.lines_read = 0
        self.bytes_read = 0
        self.encoding = ""
        self.repair = "not_utf8"
        self.repaired = 0
        self.repaired_lines: list[int] = []

    @property
    def md5(self) -> str:
        """Return the md5 of the file."""
        return self._source.md5

    def rows_read(self, rows: int, total: int) -> None:
        """Note how far reading is, by rows; bytes are estimated from them."""
        self.lines_read = rows
        self.bytes_read = self._source.size * rows // max(1, total)
