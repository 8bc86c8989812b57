"""The bytes of an export: a file or a pipe, unpacked, to be read as often as needed."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import select
import shutil
import stat
import tempfile
import time
import weakref
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Literal, cast

from cs_data.checksums import md5_of
from cs_data.errors import DataError
from cs_data.wording import listed

_HEAD_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_SECONDS_FOR_A_WRITER = 10.0
_MAX_MEMBERS_NAMED = 5
_METHODS_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BESIDES = re.compile(r"^__MACOSX/|(^|/)\.DS_Store$")  # what macOS adds to an archive
_REFUSED = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook or one with a password",
    b"ARROW1": "an Arrow file",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
    b"<": "an HTML or XML document",
}
LINES_OF_JSON = re.compile(r"\.(jsonl|ndjson)(\.(gz|zip))?$", re.IGNORECASE)
"""Names of files with one object a line, which are empty where there is nothing to export."""
_NOT_PACKED = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip archive",
}
_FORMATS = "export the tickets as CSV (UTF-8), .xlsx, .jsonl, .json or .parquet"

Kind = Literal["text", "workbook", "parquet"]


class FileBytes:
    """What an export holds, and the size and md5 of the file as it lies there.

    Its content decides what a file is, not its name. A pipe is copied to a temporary file, which
    goes when this object does.

    Raises:
        DataError: there is no such file, or it is of a kind that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes_read = 0
        """Bytes of the file that were read so far; of a packed one, about as many."""
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._member = ""
        try:
            self.file = self._as_file(path)
            self.size = self.file.stat().st_size
            with self.file.open("rb") as file:
                magic = file.read(4)
        except FileNotFoundError:
            raise DataError(f"{path}: there is no such file") from None
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        self._gzip = magic.startswith(b"\x1f\x8b")
        self.kind: Kind = "parquet" if magic == b"PAR1" else "text"
        if magic == b"PK\x03\x04":
            self._open_archive()
        if self.kind == "text":
            self.head = self._checked_head()

    def blocks(self) -> Generator[bytes]:
        """Yield the unpacked content from its beginning.

        Raises:
            DataError: an archive is damaged or ends too soon.
        """
        self.bytes_read, self._md5 = 0, hashlib.md5(usedforsecurity=False)
        with self.file.open("rb", buffering=0) as file:
            if self._member or self._gzip:
                yield from self._unpacked(file)
            else:
                while block := file.read(_BLOCK_BYTES):
                    self.count(block)
                    yield block

    def count(self, block: bytes) -> None:
        """Count bytes of the file that were read."""
        self._md5.update(block)
        self.bytes_read += len(block)

    @property
    def md5(self) -> str:
        """Return the md5 of the file as it lies there, once all of it was read."""
        if self.kind != "text" or self._member:  # which are read in another order
            return str(md5_of(self.file))
        return self._md5.hexdigest()

    def _as_file(self, path: Path) -> Path:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DataError(f"{path} is a folder: name the export in it")
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise DataError(f"{path} is a device: name a file, or a pipe that an export comes from")
        if stat.S_ISREG(mode):
            return path
        handle, name = tempfile.mkstemp(prefix="cs-data-")
        weakref.finalize(self, Path(name).unlink, missing_ok=True)
        with open(handle, "wb") as copy:  # noqa: PTH123 - a descriptor
            _copy_pipe(path, copy)
        return Path(name)

    def _open_archive(self) -> None:
        """Choose the one file in a zip archive, unless this is a workbook, which is one, too."""
        try:
            with zipfile.ZipFile(self.file) as archive:
                files = [info for info in archive.infolist() if not info.is_dir()]
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(
                f"{self.path} is an Excel workbook or a zip archive that is damaged ({error}): "
                "copy or export it again"
            ) from None
        names = [info.filename for info in files]
        if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
            self.kind = "workbook"
            return
        if "mimetype" in names or "[Content_Types].xml" in names:
            raise DataError(f"{self.path} is a document, not an Excel workbook: {_FORMATS}")
        members = [name for name in names if not _BESIDES.search(name)]
        problem = "" if len(members) == 1 else f"of {len(members)} files"
        if any(info.compress_type not in _METHODS_READ for info in files):
            problem = "packed in an unusual way"
        if any(info.flag_bits & 1 for info in files):
            problem = "with a password"
        if problem:
            named = listed(members, _MAX_MEMBERS_NAMED) or "it is empty"
            raise DataError(
                f"{self.path} is a zip archive {problem} ({named}): unpack it and name one file"
            )
        [self._member] = members

    def _unpacked(self, file: IO[bytes]) -> Iterator[bytes]:
        try:
            if self._gzip:
                counted = _Counted(file, self.count)
                with gzip.GzipFile(fileobj=cast(IO[bytes], counted)) as stream:
                    while block := stream.read(_BLOCK_BYTES):
                        yield block
                return
            with zipfile.ZipFile(file) as archive, archive.open(self._member) as member:
                total = max(1, archive.getinfo(self._member).file_size)
                while block := member.read(_BLOCK_BYTES):
                    self.bytes_read = self.size * member.tell() // total
                    yield block
            self.bytes_read = self.size
        except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(
                f"{self.path} is an archive that is cut off or damaged ({error}): copy it again"
            ) from None

    def _checked_head(self) -> bytes:
        blocks, head = self.blocks(), b""
        for block in blocks:
            head += block
            if len(head) >= _HEAD_BYTES:
                break
        blocks.close()
        if not head and not LINES_OF_JSON.search(self.path.name):
            raise DataError(f"{self.path} is empty: a header line and rows are expected")
        packed = bool(self._gzip or self._member)
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        for magic, kind in (_REFUSED | (_NOT_PACKED if packed else {})).items():
            if start.startswith(magic):
                if packed:
                    raise DataError(f"{self.path} holds {kind}: unpack it first")
                raise DataError(f"{self.path} is {kind}, not a CSV file: {_FORMATS}")
        return head[:_HEAD_BYTES]


class _Counted:
    """A file whose bytes are counted as they are read."""

    def __init__(self, file: IO[bytes], count: Callable[[bytes], None]) -> None:
        self._file = file
        self._count = count

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._count(block)
        return block


def _copy_pipe(path: Path, copy: BinaryIO) -> None:
    """Copy what comes out of a pipe once something writes to it; opening it would wait for ever."""
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(pipe, "rb") as stream:  # noqa: PTH123 - a descriptor
        give_up = time.monotonic() + _SECONDS_FOR_A_WRITER
        while not select.select([pipe], [], [], min(1.0, _SECONDS_FOR_A_WRITER))[0]:
            try:
                block = os.read(pipe, _BLOCK_BYTES)
            except BlockingIOError:  # a writer that is still at work
                continue
            copy.write(block)
            if not block and time.monotonic() >= give_up:
                raise DataError(f"{path} is a pipe that nothing writes to: start what does")
        os.set_blocking(pipe, True)
        shutil.copyfileobj(stream, copy)
