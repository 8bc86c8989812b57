"""The text of an export, decoded line by line, whatever wrote it."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path

from cs_data.errors import DataError
from cs_data.reading.character_sets import Encoding, named_encoding
from cs_data.reading.encoding_guess import FALLBACK, guess_encoding, guess_utf16, mostly_utf8
from cs_data.reading.file_bytes import FileBytes

_LONGEST_LINE_BYTES = 1 << 24
_MAX_LINES_NAMED = 10
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")  # which is ASCII otherwise
_LONE_CARRIAGE_RETURNS = re.compile(rb"\r(?!\r?\n|\Z)")

REPAIRS = {
    "not_utf8": "not UTF-8, read as Windows-1252",
    "undecodable": "not in the encoding of the others, read with \ufffd in it",
}
"""What was done to the lines in `TextLines.repaired`, by `TextLines.repair`."""

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins with the mark of UTF-16, so it comes first
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


class TextLines:
    r"""Iterate over the lines of a file, each with its line end.

    The encoding is the named one, or else that of a byte-order mark. Without either the file is
    UTF-8 if most of its lines outside ASCII are, and otherwise in what its bytes look like. A line
    that is not in that encoding is counted in `repaired`: in UTF-8 it is read as Windows-1252, or
    if most of its characters outside ASCII are good UTF-8, as that with a replacement character for
    each that is not; in a guessed encoding such characters are always replaced. A carriage return
    in the middle of a line, which `csv.reader` does not take, becomes the two characters `\n`,
    which `clean_text` makes a line break. After the last line `exhausted` is true, and `md5`,
    `bytes_read` and `lines_read` are those of the complete file.

    Args:
        source: the file.
        encoding: a name that `named_encoding` takes.

    Raises:
        DataError: there is no such file, it does not hold text, its encoding cannot be guessed, or
            is not the named one.
    """

    def __init__(self, source: FileBytes | Path, encoding: str | None = None) -> None:
        self.source = source if isinstance(source, FileBytes) else FileBytes(source)
        self.path = self.source.path
        self.latest = ""
        """The line yielded last."""
        self._start()
        head = self.source.head
        self._encoding = self._find_encoding(head, encoding)
        self.encoding = self._encoding.name
        self.guessed = self._encoding.origin == "guessed"
        self.repair = "undecodable" if self.guessed else "not_utf8"
        """The key in `REPAIRS` of what is done to lines that are not in the encoding."""
        # Some old programs end lines with a carriage return alone.
        self._carriage_returns = b"\r" in head and b"\n" not in head

    def _start(self) -> None:
        self.exhausted = False
        self.ends_mid_line = False
        """Whether the line yielded last is the last one, and has no line end."""
        self.lines_read = 0
        self.repaired = 0
        self.repaired_lines: list[int] = []
        """The first few line numbers of those repaired."""

    def _find_encoding(self, head: bytes, name: str | None) -> Encoding:
        mark = next((mark for mark in _BYTE_ORDER_MARKS if head.startswith(mark)), b"")
        marked = _BYTE_ORDER_MARKS.get(mark, "utf-8")
        if name is not None:
            named = named_encoding(name)
            if named.codec in ("utf-16", "utf-32"):  # of which a file has one order of bytes
                return named._replace(codec=marked if mark else f"{named.codec}-le", mark=len(mark))
            return named._replace(mark=len(mark) if named.codec in (marked, "utf-8-sig") else 0)
        if mark:
            return Encoding(marked, marked, "mark", len(mark))
        if found := guess_utf16(head):
            return found
        # A stray NUL is cleaned away; many mean that this is not text.
        if head.count(0) > len(head) // 10:
            raise DataError(f"{self.path} is a binary file: export the tickets as CSV (UTF-8)")
        if _ISO_2022_JP.search(head):
            return Encoding("iso2022_jp", "iso2022_jp", "guessed")
        found = guess_encoding(self.source.blocks(), self.path)
        return found or Encoding("utf-8", "utf-8", "assumed")

    @property
    def md5(self) -> str:
        """Return the md5 of the file as it lies there."""
        return self.source.md5

    @property
    def bytes_read(self) -> int:
        """Return how many bytes of the file were read."""
        return self.source.bytes_read

    def __iter__(self) -> Iterator[str]:
        self._start()
        before = 0
        for block in self._blocks_of_lines():
            self.ends_mid_line = not block.endswith(b"\n")
            lines = _LONE_CARRIAGE_RETURNS.sub(rb"\\n", block)
            try:
                text = lines.decode()
            except UnicodeDecodeError:
                text = self._repair(lines, before)
            else:
                if self.guessed and "\ufffd" in text:
                    self._count_broken(text, before)
            before += text.count("\n")
            for self.latest in io.StringIO(text, newline="\n"):
                yield self.latest
        self.lines_read = before + self.ends_mid_line
        self.exhausted = True

    def blocks(self) -> Iterator[bytes]:
        """Yield the text in blocks of what should be UTF-8, which may end anywhere.

        Raises:
            DataError: the file is not in the encoding that its mark or a person names.
        """
        encoding = self._encoding
        blocks, skipped, lines = self.source.blocks(), encoding.mark, 0
        errors = "replace" if self.guessed else "strict"
        decoder = codecs.getincrementaldecoder(encoding.codec)(errors)
        for raw in blocks:
            block, skipped = raw[skipped:], max(0, skipped - len(raw))
            if encoding.codec == "utf-8" and encoding.origin != "named":
                yield block
                continue
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                lines += error.object[: error.start].decode(encoding.codec, "replace").count("\n")
                raise self._not_as_said(lines + 1) from None
            lines += text.count("\n")
            yield text.encode(errors="replace")
        try:
            yield decoder.decode(b"", final=True).encode(errors="replace")
        except UnicodeDecodeError:
            raise self._not_as_said(lines + 1) from None

    def _not_as_said(self, line: int) -> DataError:
        if self._encoding.origin == "mark":
            hint = "export it again as UTF-8"
            what = f"what its byte-order mark says, {self.encoding}"
        else:
            hint = "name another with --encoding or dataset.encoding, or none to have it guessed"
            what = f"{self.encoding}, the encoding that was named"
        return DataError(f"{self.path} is not {what}: line {line} cannot be decoded; {hint}")

    def _blocks_of_lines(self) -> Iterator[bytes]:
        """Yield blocks of bytes, which should be UTF-8, that end where a line ends."""
        rest = b""
        for more in self.blocks():
            block = rest + (more.replace(b"\r", b"\n") if self._carriage_returns else more)
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

    def _repair(self, block: bytes, lines_before: int) -> str:
        lines = []
        for number, line in enumerate(io.BytesIO(block), start=lines_before + 1):
            try:
                lines.append(line.decode())
            except UnicodeDecodeError:
                codec = "utf-8" if mostly_utf8(line) else FALLBACK
                lines.append(line.decode(codec, errors="replace"))
                self._count_repaired(number)
        return "".join(lines)

    def _count_broken(self, text: str, lines_before: int) -> None:
        for number, line in enumerate(io.StringIO(text, newline="\n"), start=lines_before + 1):
            if "\ufffd" in line:
                self._count_repaired(number)

    def _count_repaired(self, number: int) -> None:
        self.repaired += 1
        if len(self.repaired_lines) < _MAX_LINES_NAMED:
            self.repaired_lines.append(number)
