"""The rows of an Excel workbook, as a person sees them there."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Literal

from cs_data.errors import DataError
from cs_data.reading.file_bytes import FileBytes
from cs_data.reading.header import Header, HowToChoose, Needed
from cs_data.reading.records import Rejections, Row, RowFacts
from cs_data.reading.values import text_of
from cs_data.reading.workbook_size import refuse_huge_workbook


class Workbook:
    """The first sheet of a workbook that has the needed columns; hidden sheets come last.

    Raises:
        DataError: no sheet has them, or the workbook cannot be read.
    """

    unit: Literal["row"] = "row"
    separator = ""

    def __init__(self, source: FileBytes, needed: Needed, how_to_choose: HowToChoose) -> None:
        from python_calamine import (
            CalamineError,
            CalamineWorkbook,
            PasswordError,
            SheetVisibleEnum,
        )

        self.lines = RowFacts(source)
        self.notes: list[str] = []
        headers: list[Header] = []
        refuse_huge_workbook(source.file, source.path)
        try:
            if source.file.suffix.lower() == ".xls":
                # Many help desks call an .xlsx so, and calamine goes by the name of a path.
                workbook = CalamineWorkbook.from_filelike(BytesIO(source.file.read_bytes()))
            else:
                workbook = CalamineWorkbook.from_path(source.file)
            sheets = workbook.sheets_metadata
            for sheet in sorted(sheets, key=lambda each: each.visible != SheetVisibleEnum.Visible):
                name = sheet.name
                self._sheet = workbook.get_sheet_by_name(name)
                headers += Header.among(source.path, name, self._rows())
                if Header.find(headers, needed):
                    break
        except PasswordError:
            raise DataError(f"{source.path} has a password: save it without one") from None
        except (CalamineError, OSError) as error:
            raise DataError(
                f"{source.path} is an Excel workbook that cannot be read ({error}): save it again "
                "as .xlsx, or the sheet with the tickets as CSV"
            ) from None
        self.header = Header.choose(source.path, headers, needed, how_to_choose)
        if len(workbook.sheet_names) > 1:
            self.notes.append(f"of {len(workbook.sheet_names)} sheets, {name!r} is read")
        self.notes += self.header.notes(self.unit)

    def rows(self, on_rejected: Rejections) -> Iterator[Row]:
        """Yield every row below the header that is not blank."""
        number = 0
        for number, _, cells in self._rows():
            if number > self.header.line and any(map(str.strip, cells)):
                self.lines.rows_read(number, self._sheet.height)
                yield Row(number, number, cells)
        self.lines.rows_read(number, number)

    def _rows(self) -> Iterator[tuple[int, int, list[str]]]:
        for number, cells in enumerate(self._sheet.iter_rows(), start=1):
            texts = [cell if isinstance(cell, str) else text_of(cell) for cell in cells]
            yield number, number, texts
