"""The first pass over a CSV file: write clean tickets to disk, keep a few numbers for each."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cs_data.cleaning import clean_ticket, clean_value
from cs_data.errors import DataError
from cs_data.preparing.label_mapping import LabelColumn
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.ticket_table import TicketTable
from cs_data.reading import Rejected, Row

_ROWS_AT_ONCE = 4096
_CHARACTERS_AT_ONCE = 1 << 24
_ID_BYTES = 16
_ROUNDED = re.compile(r"\d[.,]?\d*E\+\d+")  # what Excel makes of a number of twelve digits
_NO_LANGUAGE = "und"  # "undetermined" in BCP 47
_SCHEMA = pa.schema([("text", pa.string()), ("language", pa.string())])


@dataclass(frozen=True)
class Tickets:
    """Result of the first pass. Element i of each array belongs to row i of the file `store`."""

    store: Path
    """Arrow IPC stream with the columns text and language."""
    lines: npt.NDArray[np.int64]
    end_lines: npt.NDArray[np.int64]
    values: npt.NDArray[np.int32]
    """Code of the value in the label column."""
    ids: npt.NDArray[np.uint64]
    """The hash of the text, as two numbers for each ticket."""
    ticket_ids: npt.NDArray[np.uint64]
    """The hash of the value in the id column, likewise; zeros where there is none."""
    rejected: list[Rejected]
    """Rows that are not in the store, in file order."""
    stripped: Counter[str]
    """Number of tickets in the store by what was taken out of their texts."""


def read_tickets(
    table: TicketTable,
    labels: LabelColumn,
    options: PrepareOptions,
    store: Path,
    on_texts: Callable[[list[str]], None],
) -> Tickets:
    """Read and clean every row; pass the texts to `on_texts`, a few thousand at a time."""
    rejected: list[Rejected] = []
    stripped: Counter[str] = Counter()
    lines, end_lines, values, ids = array("q"), array("q"), array("i"), bytearray()
    ticket_ids = bytearray()
    texts: list[str] = []
    languages: list[str] = []
    characters = 0
    cleaning = options.cleaning
    compression = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        pa.OSFile(str(store), "wb") as file,
        pa.ipc.new_stream(file, _SCHEMA, options=compression) as stream,
    ):

        def flush() -> None:
            stream.write_batch(pa.record_batch([texts, languages], schema=_SCHEMA))
            on_texts(texts)
            texts.clear()
            languages.clear()

        for row in table.rows(rejected.append):
            ticket = clean_ticket((row.fields[at] for at in table.text_at), cleaning)
            text = ticket.text
            value = clean_value(row.fields[table.label_at])
            code = labels.code(value) if text else None
            if code is None:
                nothing = "empty_text", f"nothing in {' and '.join(options.text_columns)}"
                why = labels.refuse(value) if text else nothing
                rejected.append(Rejected(row.line, row.end_line, *why))
                continue
            stripped["html"] += ticket.had_html
            stripped["quoted_mail"] += ticket.had_quoted_mail
            at = table.language_at
            language = "" if at is None else clean_value(row.fields[at])
            texts.append(text)
            languages.append(language.lower() or _NO_LANGUAGE)
            lines.append(row.line)
            end_lines.append(row.end_line)
            values.append(code)
            ids += _hash(text)
            if table.id_at is not None:
                ticket_ids += _hash(_ticket_id(table, row, row.fields[table.id_at]))
            characters += len(text)
            if len(texts) == _ROWS_AT_ONCE or characters > _CHARACTERS_AT_ONCE:
                flush()
                characters = 0
        if texts:
            flush()
    return Tickets(
        store,
        np.array(lines, np.int64),
        np.array(end_lines, np.int64),
        np.array(values, np.int32),
        _pairs(ids),
        _pairs(ticket_ids) if table.id_at is not None else np.zeros((len(lines), 2), np.uint64),
        rejected,
        +stripped,
    )


def _ticket_id(table: TicketTable, row: Row, raw: str) -> str:
    value = clean_value(raw)
    if "E+" in value and _ROUNDED.fullmatch(value):
        raise DataError(
            f"{table.path}, line {row.line}: the id {value!r} was rounded by a spreadsheet, so "
            "that different tickets have the same one: export the file again, or leave id_column "
            "out"
        )
    return value


def _hash(text: str) -> bytes:
    """Return the hash of a text; zeros of an empty one."""
    return blake2b(text.encode(), digest_size=_ID_BYTES).digest() if text else bytes(_ID_BYTES)


def _pairs(hashes: bytearray) -> npt.NDArray[np.uint64]:
    return np.frombuffer(bytes(hashes), "<u8").reshape(-1, 2).astype(np.uint64, copy=False)
