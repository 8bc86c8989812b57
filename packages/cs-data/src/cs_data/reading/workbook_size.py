"""Refuse workbooks that need too much memory before the library reads them, which would abort."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cs_data.errors import DataError

_MAX_UNPACKED_BYTES = 4 << 30
# calamine keeps 32 bytes for every cell of the rectangle that holds all values.
_MAX_CELLS = 1 << 26
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension ref="[A-Z]+[0-9]+:([A-Z]+)([0-9]+)"')
_FILLED_CELL = re.compile(rb'<(?:\w+:)?c [^<>]*?r="([A-Z]+)([0-9]+)"[^<>]*(?<!/)>')
_LONGEST_TAG = 1 << 10
_BLOCK_BYTES = 1 << 20


def refuse_huge_workbook(file: Path, path: Path) -> None:
    """Refuse a workbook that a single far cell, or its unpacked size, makes huge.

    Args:
        file: the workbook.
        path: its name, for the message.

    Raises:
        DataError: it is too large.
    """
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > _MAX_UNPACKED_BYTES:
            raise DataError(
                f"{path} is a workbook that unpacks to {unpacked >> 30} GiB, and at most "
                f"{_MAX_UNPACKED_BYTES >> 30} are read: save its sheet as CSV"
            )
        for name in filter(_SHEET.fullmatch, archive.namelist()):
            with archive.open(name) as sheet:
                column, row = _last_cell(sheet)
            if _cells(column, row) > _MAX_CELLS:
                raise DataError(
                    f"{path}: a cell as far out as {column.decode()}{row} makes a sheet too large "
                    "to be read: delete what stands outside the table, or save it as CSV"
                )


def _last_cell(sheet: IO[bytes]) -> tuple[bytes, int]:
    """Return the last column and row that hold a value, or more if that is little enough."""
    head = sheet.read(_BLOCK_BYTES)
    # Formatting alone makes the dimension large, too, but costs no memory.
    if (found := _DIMENSION.search(head)) and _cells(found[1], int(found[2])) <= _MAX_CELLS:
        return found[1], int(found[2])
    last_column, last_row = b"A", 1
    for column, row in _filled_cells(head, sheet):
        last_column = max(last_column, column, key=_number)
        last_row = max(last_row, row)
    return last_column, last_row


def _filled_cells(text: bytes, sheet: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    while text:
        end = 0
        for match in _FILLED_CELL.finditer(text):
            yield match[1], int(match[2])
            end = match.end()
        more = sheet.read(_BLOCK_BYTES)
        text = text[max(end, len(text) - _LONGEST_TAG) :] + more if more else b""


def _cells(column: bytes, row: int) -> int:
    return _number(column) * row


def _number(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - ord("A") + 1
    return number
