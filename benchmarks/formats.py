"""Times `cs_data.prepare` on the same rows as CSV, JSON lines, Parquet and other formats.

Near duplicates are not searched, which takes the same time whatever the format. Each format is
prepared in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from prepare import COLUMNS, IDENTICAL, make_rows, measure


def rows_of(source: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV file, without its header."""
    with source.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def write_gzip(source: Path, path: Path) -> None:
    """Compress a file."""
    with source.open("rb") as file, gzip.open(path, "wb", compresslevel=6) as packed:
        while block := file.read(1 << 20):
            packed.write(block)


def write_json_lines(source: Path, path: Path) -> None:
    """Write one object a line, compressed."""
    with gzip.open(path, "wt", compresslevel=6, encoding="utf-8") as file:
        for row in rows_of(source):
            values = dict(zip(COLUMNS, row, strict=True))
            file.write(json.dumps(values, ensure_ascii=False) + "\n")


def write_json(source: Path, path: Path) -> None:
    """Write an object with a list of objects, on one line."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"tickets": [')
        for at, row in enumerate(rows_of(source)):
            values = dict(zip(COLUMNS, row, strict=True))
            file.write(("," if at else "") + json.dumps(values, ensure_ascii=False))
        file.write("]}")


def write_parquet(source: Path, path: Path) -> None:
    """Write columns of strings."""
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    convert = pc.ConvertOptions(column_types=dict.fromkeys(COLUMNS, "string"))
    parse = pc.ParseOptions(newlines_in_values=True)
    with (
        pc.open_csv(source, parse_options=parse, convert_options=convert) as reader,
        pq.ParquetWriter(path, reader.schema, compression="zstd") as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)


def write_workbook(source: Path, path: Path) -> None:
    """Write one sheet."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Tickets")
    sheet.append(COLUMNS)
    for row in rows_of(source):
        sheet.append(row)
    workbook.save(path)


FORMATS: dict[str, Callable[[Path, Path], None] | None] = {
    "csv": None,
    "csv.gz": write_gzip,
    "jsonl.gz": write_json_lines,
    "json": write_json,
    "parquet": write_parquet,
    "xlsx": write_workbook,
}


def main() -> None:
    """Make the rows, write them in each format, prepare each, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=42, help="default: %(default)s")
    parser.add_argument(
        "--formats",
        default="csv,jsonl.gz,parquet",
        help=f"of {', '.join(FORMATS)} (default: %(default)s)",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "tickets.csv"
        make_rows(source, arguments.rows, arguments.seed, IDENTICAL)
        sys.stdout.write(f"{arguments.rows:,} rows\n\n")
        sys.stdout.write(f"{'':10}{'MiB':>8}{'seconds':>9}{'rows/s':>10}{'peak MiB':>10}\n")
        for name in arguments.formats.split(","):
            path = source.with_name(f"tickets.{name}")
            if (write := FORMATS[name]) is not None:
                write(source, path)
            figure = measure("cs_data", path)
            sys.stdout.write(
                f"{name:10}{path.stat().st_size / (1 << 20):8,.0f}{figure['seconds']:9.1f}"
                f"{arguments.rows / figure['seconds']:10,.0f}{figure['peak_mib']:10,.0f}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
