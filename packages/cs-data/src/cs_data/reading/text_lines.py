"""The physical lines of a text file, decoded one by one, whatever wrote it."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

from cs_data.errors import DataError

_BLOCK_BYTES = 1 << 20
_LONGEST_LINE_BYTES = 1 << 24
_MAX_LINES_NAMED = 10
_LONE_CARRIAGE_RETURNS = re.compile(rb"\r(?!\r?\n|\Z)")

REPAIRED = "not UTF-8, read as Windows-1252"
"""What is known of the lines in `TextLines.repaired`."""

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins with the mark of UTF-16, so it comes first
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_NOT_CSV = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
    b"<": "an HTML or XML document",
    b"{": "a JSON file",
    b"[{": "a JSON file",
}


class TextLines:
    r"""Iterate over the lines of a file, each with its line end.

    A byte-order mark is honoured. Without one the file is UTF-8, and a line that is not is counted
    in `repaired`; it is read as Windows-1252, or if most of its characters outside ASCII are good
    UTF-8, as that with a replacement character for each that is not. A carriage return in the
    middle of a line, which `csv.reader` does not take, becomes the two characters `\n`, which
    `clean_text` makes a line break. After the last line `exhausted` is true, and `md5`,
    `bytes_read` and `lines_read` are those of the complete file.

    Raises:
        DataError: there is no such file, or it does not hold text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exhausted = False
        self.latest = ""
        """The line yielded last."""
        self.ends_mid_line = False
        """Whether the line yielded last is the last one, and has no line end."""
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.bytes_read = 0
        self.lines_read = 0
        self.repaired = 0
        self.repaired_lines: list[int] = []
        """The first few line numbers of those repaired."""
        head = _head(path)
        mark = next((mark for mark in _BYTE_ORDER_MARKS if head.startswith(mark)), b"")
        self.encoding = _BYTE_ORDER_MARKS.get(mark, "utf-8")
        self._mark_bytes = len(mark)
        if self.encoding == "utf-8":
            _refuse_binary(path, head[len(mark) :])
        # Some old programs end lines with a carriage return alone.
        self._carriage_returns = b"\r" in head and b"\n" not in head

    def __iter__(self) -> Iterator[str]:
        before = 0
        for block in self._blocks_of_lines():
            self.ends_mid_line = not block.endswith(b"\n")
            lines = _LONE_CARRIAGE_RETURNS.sub(rb"\\n", block)
            try:
                text = lines.decode()
            except UnicodeDecodeError:
                text = self._repair(lines, before)
            before += text.count("\n")
            for self.latest in io.StringIO(text, newline="\n"):
                yield self.latest
        self.lines_read = before + self.ends_mid_line
        self.exhausted = True

    def _blocks_of_lines(self) -> Iterator[bytes]:
        """Yield blocks of bytes, which should be UTF-8, that end where a line ends."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        with self.path.open("rb") as file:
            self._count(file.read(self._mark_bytes))
            rest = b""
            while block := file.read(_BLOCK_BYTES):
                self._count(block)
                if self.encoding != "utf-8":
                    try:
                        block = decoder.decode(block).encode()
                    except UnicodeDecodeError:
                        raise DataError(
                            f"{self.path} is not what its byte-order mark says, {self.encoding}: "
                            "export it again as UTF-8"
                        ) from None
                if self._carriage_returns:
                    block = block.replace(b"\r", b"\n")
                block = rest + block
                end = block.rfind(b"\n") + 1
                rest = block[end:]
                if len(rest) > _LONGEST_LINE_BYTES:
                    raise DataError(
                        f"{self.path}: a line is longer than {_LONGEST_LINE_BYTES >> 20} MiB: "
                        "this is not a CSV file of tickets"
                    )
                if end:
                    yield block[:end]
            if rest:
                yield rest

    def _count(self, block: bytes) -> None:
        self.md5.update(block)
        self.bytes_read += len(block)

    def _repair(self, block: bytes, lines_before: int) -> str:
        lines = []
        for number, line in enumerate(io.BytesIO(block), start=lines_before + 1):
            try:
                lines.append(line.decode())
            except UnicodeDecodeError:
                lines.append(_decoded(line))
                self.repaired += 1
                if len(self.repaired_lines) < _MAX_LINES_NAMED:
                    self.repaired_lines.append(number)
        return "".join(lines)


def _decoded(line: bytes) -> str:
    """Decode a line that is not UTF-8 throughout: mostly so, or else Windows-1252."""
    text = line.decode(errors="replace")
    broken = text.count("\ufffd")
    # A program that cuts a field after so many bytes breaks one character of many.
    mostly = sum(not character.isascii() for character in text) > 2 * broken
    return text if mostly else line.decode("cp1252", errors="replace")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder: name the CSV file in it") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if not head:
        raise DataError(f"{path} is empty: a header line and rows are expected")
    return head


def _refuse_binary(path: Path, head: bytes) -> None:
    start = head.lstrip()
    for magic, kind in _NOT_CSV.items():
        if start.startswith(magic):
            raise DataError(f"{path} is {kind}, not a CSV file: export the tickets as CSV (UTF-8)")
    # A stray NUL is cleaned away; many mean that this is not text, or UTF-16 without its mark.
    if head.count(0) > len(head) // 10:
        raise DataError(
            f"{path} is a binary file, or UTF-16 without a byte-order mark: "
            "export the tickets as CSV (UTF-8)"
        )
