"""The rows of a Parquet file, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from cs_data.errors import DataError
from cs_data.reading.file_bytes import FileBytes
from cs_data.reading.header import Header, HowToChoose, Needed
from cs_data.reading.records import Rejections, Row, RowFacts
from cs_data.reading.values import flatten, text_of

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 1024


class ParquetRecords:
    """The rows of a Parquet file; what is nested in a column becomes columns such as `a.b`.

    Raises:
        DataError: it does not have the columns, or cannot be read.
    """

    unit: Literal["row"] = "row"
    separator = ""

    def __init__(self, source: FileBytes, needed: Needed, how_to_choose: HowToChoose) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.lines = RowFacts(source)
        self.notes: list[str] = []
        self._path = source.path
        self._errors = (OSError, ValueError, OverflowError, pa.ArrowNotImplementedError)
        try:
            self._file = pq.ParquetFile(source.file)
        except self._errors as error:
            raise self._damaged(error) from None
        schema = self._file.schema_arrow
        self._nested = any(pa.types.is_nested(field.type) for field in schema)
        names = [name for field in schema for name in _columns(field.name, field.type)]
        self.header = Header.choose(
            source.path, [Header(source.path, names, line=0, end_line=0)], needed, how_to_choose
        )

    def rows(self, on_rejected: Rejections) -> Iterator[Row]:
        """Yield every row."""
        number, total = 0, self._file.metadata.num_rows
        try:
            for batch in self._file.iter_batches(_ROWS_AT_ONCE):
                for fields in self._fields(batch):
                    number += 1
                    yield Row(number, number, fields)
                self.lines.rows_read(number, total)
        except self._errors as error:
            raise self._damaged(error) from None
        self.lines.rows_read(total, total)

    def _fields(self, batch: pa.RecordBatch) -> Iterator[list[str]]:
        if self._nested:
            names = self.header.names
            for record in batch.to_pylist():
                flat = flatten(record)
                yield [flat.get(name, "") for name in names]
        else:
            for row in zip(*map(_values, batch.columns), strict=True):
                yield [value if isinstance(value, str) else text_of(value) for value in row]

    def _damaged(self, error: Exception) -> DataError:
        problem = str(error).splitlines()[0]
        return DataError(
            f"{self._path} is a Parquet file that cannot be read ({problem}): write it again"
        )


def _values(column: pa.Array) -> list[object]:
    import pyarrow as pa

    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):  # a time that Python has none for, such as the year 10000
        if not pa.types.is_temporal(column.type):
            raise
        return list(column.cast(pa.string()).to_pylist())


def _columns(name: str, kind: pa.DataType) -> list[str]:
    """Return the columns that `flatten` makes of one."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        inner = (kind.field(at) for at in range(kind.num_fields))
        return [
            f"{name}.{column}" for field in inner for column in _columns(field.name, field.type)
        ]
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if is_list and pa.types.is_struct(kind.value_type):
        return _columns(name, kind.value_type)
    return [name]
