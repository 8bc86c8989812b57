"""The rows of an export, whatever its format: the one reader of every command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cs_data.reading.delimited_text import DelimitedText
from cs_data.reading.file_bytes import FileBytes
from cs_data.reading.header import HowToChoose, Needed, unique_names
from cs_data.reading.json_records import JsonRecords, looks_like_json
from cs_data.reading.parquet_file import ParquetRecords
from cs_data.reading.records import Records, Rejections, Row
from cs_data.reading.text_lines import TextLines
from cs_data.reading.workbook import Workbook


class ExportTable:
    """An export that has the needed columns: CSV, JSON, JSON lines, Excel workbook or Parquet.

    What the file holds decides the format, not its name. Separator and encoding are detected.

    Args:
        path: the file, or a pipe.
        needed: alternatives, each a list of column names. The first one of which the header has
            every column decides what the separator is.
        how_to_choose: given the name of an absent column, says how to name another one; the end of
            the error message.
        encoding: of a text file, if it is known.

    Raises:
        DataError: the file holds no table, or none of the alternatives.
    """

    def __init__(
        self,
        path: Path,
        needed: Needed,
        how_to_choose: HowToChoose = lambda _: "name the right one",
        encoding: str | None = None,
    ) -> None:
        self.path = path
        source = FileBytes(path)
        self.size = source.size
        """Bytes of the file."""
        self._records = _open(source, needed, how_to_choose, encoding)
        self.lines = self._records.lines
        self.separator = self._records.separator
        self.unit = self._records.unit
        """What the numbers of rows count: `line` or `row`."""
        self._header = self._records.header
        self.needed = next(tuple(names) for names in needed if not self._header.absent(names))
        """The alternative that was found."""
        self.columns = unique_names(self._header.names)
        """Names of all columns, no two the same: `column_4` for one without a name, `tag (2)` for
        the second that is called `tag`."""
        self.notes = tuple(self._records.notes)
        """What is worth saying about how the file is read, a line each."""

    def has(self, name: str) -> bool:
        """Say whether there is such a column, by its exact name or in any case."""
        return not self._header.absent([name])

    def column(self, name: str) -> int:
        """Return the index of a column, by its exact name or else by its name in any case.

        Raises:
            DataError: there is no such column, or more than one.
        """
        return self._header.column(name)

    def rows(self, on_rejected: Rejections) -> Iterator[Row]:
        """Yield every complete record after the header; pass the others to `on_rejected`.

        A row has as many fields as there are columns. Blank lines are no records.
        """
        return self._records.rows(on_rejected)


def _open(
    source: FileBytes, needed: Needed, how_to_choose: HowToChoose, encoding: str | None
) -> Records:
    if source.kind == "workbook":
        return Workbook(source, needed, how_to_choose)
    if source.kind == "parquet":
        return ParquetRecords(source, needed, how_to_choose)
    lines = TextLines(source, encoding)
    format_ = JsonRecords if looks_like_json(lines) else DelimitedText
    records = format_(lines, needed, how_to_choose)
    if lines.guessed:
        records.notes.insert(
            0, f"read as {lines.encoding}, guessed from its bytes: give --encoding if that is wrong"
        )
    return records
