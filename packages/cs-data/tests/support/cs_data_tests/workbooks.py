"""Write Excel workbooks for tests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook


def write_workbook(sheets: Iterable[tuple[str, Iterable[Sequence[object]]]]) -> bytes:
    """Return the bytes of a workbook, made of sheets with a name and rows of cells."""
    workbook = Workbook(write_only=True)
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()
