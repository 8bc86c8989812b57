"""Write rows in the formats that help desks, databases and spreadsheets export."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq


def delimited(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    separator: str = ",",
    encoding: str = "utf-8",
    line_end: str = "\n",
    quote_all: bool = False,
    quotes: bool = True,
    trailing: str = "",
    above: Sequence[str] = (),
    below: Sequence[str] = (),
) -> bytes:
    """Return the bytes of a CSV file.

    Args:
        header: names of the columns.
        rows: fields of each row.
        separator: between fields.
        encoding: what it cannot hold becomes a question mark.
        line_end: of each record; breaks inside fields stay.
        quote_all: whether each field has quotes.
        quotes: whether fields may have quotes at all.
        trailing: put after the last field of each record.
        above: lines before the header.
        below: lines after the last row.
    """
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    file = io.StringIO()
    file.writelines(f"{line}{line_end}" for line in above)
    writer = csv.writer(
        file, delimiter=separator, lineterminator=trailing + line_end, quoting=quoting,
        quotechar='"' if quotes else None,
    )  # fmt: skip
    writer.writerow(header)
    writer.writerows(rows)
    file.writelines(f"{line}{line_end}" for line in below)
    return file.getvalue().encode(encoding, "replace")


def backslashed(header: Sequence[str], rows: Iterable[Sequence[str | None]]) -> bytes:
    r"""Return CSV as MySQL writes it: `\"` for a quote, `\N` for NULL, line breaks escaped."""

    def field(value: str | None) -> str:
        if value is None:
            return "\\N"
        for sign in ("\\", '"', "\n"):
            value = value.replace(sign, f"\\{sign}")
        return f'"{value}"'

    return "".join(",".join(map(field, row)) + "\n" for row in [header, *rows]).encode()


def json_lines(objects: Iterable[Mapping[str, object]], *, escape: bool = False) -> bytes:
    r"""Return one object a line; with `escape` as pandas writes them, `\/` and `\u00fc`."""
    lines = (json.dumps(one, ensure_ascii=escape) + "\n" for one in objects)
    return "".join(line.replace("/", "\\/") if escape else line for line in lines).encode()


def parquet(objects: Iterable[Mapping[str, object]]) -> bytes:
    """Return a Parquet file."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(objects)), file, compression="snappy")
    return file.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
