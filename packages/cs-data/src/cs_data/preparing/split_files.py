"""The second pass: write the tickets from the store to one Parquet file for each split."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from cs_data.checksums import md5_of
from cs_data.preparing.manifest import SplitName, SplitSummary
from cs_data.preparing.selection import Selection
from cs_data.preparing.splitting import SPLITS
from cs_data.preparing.tickets import Tickets

_ROW_GROUP = 16_384
_SCHEMA = pa.schema([(name, pa.string()) for name in ("text", "label", "language", "id")])


def write_splits(
    tickets: Tickets, selection: Selection, splits: npt.NDArray[np.int8], folder: Path
) -> dict[SplitName, SplitSummary]:
    """Write `<split>.parquet` files into the folder, rows in file order.

    Args:
        tickets: all tickets.
        selection: which of them are kept.
        splits: for each kept ticket the index of its split in `SPLITS`.
        folder: exists.
    """
    place = np.full(len(selection.kept), -1, np.int8)
    place[selection.kept] = splits
    labels = np.zeros(len(selection.kept), np.int32)
    labels[selection.kept] = selection.labels
    names = pa.array(selection.names, pa.string())
    with ExitStack() as files:
        writers: dict[SplitName, _SplitWriter] = {
            name: files.enter_context(_SplitWriter(folder / f"{name}.parquet")) for name in SPLITS
        }
        source = files.enter_context(pa.OSFile(str(tickets.store)))
        start = 0
        for batch in files.enter_context(pa.ipc.open_stream(source)):
            at = slice(start, start + batch.num_rows)
            start += batch.num_rows
            ids = [row.tobytes().hex() for row in tickets.ids[at].astype("<u8")]
            everything = pa.table(
                [
                    batch["text"],
                    names.take(pa.array(labels[at])),
                    batch["language"],
                    pa.array(ids, pa.string()),
                ],
                schema=_SCHEMA,
            )
            for index, writer in enumerate(writers.values()):
                writer.add(everything.filter(pa.array(place[at] == index)))
    return {name: writer.summary(selection.names) for name, writer in writers.items()}


class _SplitWriter:
    """Writes one Parquet file in row groups of a fixed size, and counts what it writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = pq.ParquetWriter(path, _SCHEMA, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._rows = 0
        self._labels: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()

    def __enter__(self) -> _SplitWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._write(self._waiting_rows)
        self._writer.close()

    def add(self, rows: pa.Table) -> None:
        self._rows += rows.num_rows
        self._labels.update(rows["label"].to_pylist())
        self._languages.update(rows["language"].to_pylist())
        self._waiting.append(rows)
        self._waiting_rows += rows.num_rows
        self._write(self._waiting_rows // _ROW_GROUP * _ROW_GROUP)

    def _write(self, count: int) -> None:
        """Write the first `count` of the rows that wait."""
        if count:
            table = pa.concat_tables(self._waiting)
            self._writer.write_table(table.slice(0, count), row_group_size=_ROW_GROUP)
            self._waiting, self._waiting_rows = [table.slice(count)], self._waiting_rows - count

    def summary(self, labels: tuple[str, ...]) -> SplitSummary:
        """Return what is in the file, once it is closed."""
        md5 = md5_of(self._path)
        assert md5 is not None
        return SplitSummary(
            self._rows,
            {label: self._labels[label] for label in labels},
            dict(sorted(self._languages.items())),
            md5,
        )
