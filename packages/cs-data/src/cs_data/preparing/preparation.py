"""Turn an export into clean splits: read, clean, group, split and write, in two passes."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from cs_data.atomic_files import atomic_folder
from cs_data.cleaning import shortened
from cs_data.errors import DataError
from cs_data.preparing.grouping import Rows
from cs_data.preparing.identical_texts import count_identical
from cs_data.preparing.label_mapping import LabelColumn
from cs_data.preparing.manifest import (
    MANIFEST,
    REJECTED,
    Manifest,
    NearDuplicateSummary,
    RawFile,
    Splits,
)
from cs_data.preparing.near_duplicates import NearDuplicates
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.rejection_limit import refuse_many_rejected, why_rare
from cs_data.preparing.selection import Selection, select
from cs_data.preparing.split_files import write_splits
from cs_data.preparing.splitting import SPLITS, split_tickets
from cs_data.preparing.ticket_table import TicketTable
from cs_data.preparing.tickets import Tickets, read_tickets
from cs_data.progress import Progress
from cs_data.reading.records import UNREADABLE, Rejected

_FILES = frozenset({MANIFEST, REJECTED, *(f"{split}.parquet" for split in SPLITS)})
_DEFAULT_OPTIONS = PrepareOptions()
_MAX_VALUES_NAMED = 20


def prepare(
    csv: Path,
    output: Path,
    options: PrepareOptions = _DEFAULT_OPTIONS,
    *,
    name: str | None = None,
) -> Splits:
    """Turn an export into train, validation and test splits in the folder `output`.

    The folder appears complete at the end, and replaces an older one. The same bytes and
    options give the same bytes. Memory stays below 2 GiB for a million tickets.

    Args:
        csv: the file, in any format that `ExportTable` reads.
        output: a new folder, an empty one, or one written by this function.
        options: which columns and labels, and how to split.
        name: of the data set, for the manifest; the file's name without its suffix by default.

    Raises:
        DataError: the file or the folder cannot be used, or more than `options.max_rejected` of the
            file's rows are lost for one reason. Rows whose values are left out by choice are not.
    """
    csv, output = Path(csv), Path(output)
    table = TicketTable(csv, options)
    with atomic_folder(output, _FILES) as folder:
        with TemporaryDirectory(dir=folder) as work:
            manifest = _prepare(table, options, name or csv.stem, folder, Path(work))
        refuse_many_rejected(csv, manifest, options.max_rejected)
        (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8", newline="\n")
    return Splits(output, manifest)


def _prepare(
    table: TicketTable,
    options: PrepareOptions,
    name: str,
    folder: Path,
    work: Path,
) -> Manifest:
    column = LabelColumn(options, table.path)
    with ExitStack() as stack:
        near = None
        if options.near_duplicates:
            near = stack.enter_context(NearDuplicates(work, options.near_duplicates))
        progress = stack.enter_context(Progress(f"preparing {table.path.name}", table.size))

        def on_texts(texts: list[str]) -> None:
            if near:
                near.add(texts)
            progress.update(table.lines.bytes_read)

        def find_groups(kept: npt.NDArray[np.bool_]) -> Rows:
            return near.groups(kept) if near else np.arange(len(kept))

        tickets = read_tickets(table, column, options, work / "tickets.arrow", on_texts)
        if not len(tickets.lines):
            raise DataError(_nothing_usable(table, tickets.rejected))
        selection = select(tickets, column, find_groups)
    rejected, lost_lines = _write_rejected(tickets, selection, folder / REJECTED)
    _refuse_few_labels(column, selection, rejected)
    places = split_tickets(
        selection.groups, selection.labels, tickets.ids[selection.kept], options.seed
    )
    summaries = write_splits(tickets, selection, places, folder)
    lines = table.lines
    return Manifest(
        name=name,
        raw=RawFile(
            table.path.name,
            lines.md5,
            lines.bytes_read,
            lines.lines_read,
            lines.encoding,
            table.separator,
            table.unit,
            table.notes,
        ),
        options=options,
        labels=selection.names,
        lost_labels=selection.lost_labels,
        splits=summaries,
        rejected=dict(sorted(rejected.items())),
        unknown_values=dict(column.unknown_values().most_common(_MAX_VALUES_NAMED)),
        empty_values=dict(column.empty_values.most_common(_MAX_VALUES_NAMED)),
        priorities=column.priorities(),
        lost_lines=dict(sorted(lost_lines.items())),
        stripped=dict(sorted(tickets.stripped.items())),
        repaired={lines.repair: lines.repaired} if lines.repaired else {},
        repaired_lines={lines.repair: tuple(lines.repaired_lines)} if lines.repaired else {},
        without_id=0
        if options.id_column is None
        else int((~tickets.ticket_ids[selection.kept].any(axis=1)).sum()),
        identical=count_identical(selection.texts, selection.labels, places, selection.names),
        near_duplicates=_count_near_duplicates(selection),
    )


def _count_near_duplicates(selection: Selection) -> NearDuplicateSummary:
    is_first = selection.texts == np.arange(len(selection.texts))
    of_texts = np.bincount(selection.groups[is_first]) > 1
    return NearDuplicateSummary(
        groups=int(of_texts.sum()), rows=int(of_texts[selection.groups].sum())
    )


def _write_rejected(
    tickets: Tickets, selection: Selection, path: Path
) -> tuple[Counter[str], Counter[str]]:
    """Write one JSON object for each rejected row, in file order.

    Returns:
        The number of rows by reason, and that of the lines that unreadable ones swallowed.
    """
    counts: Counter[str] = Counter()
    lost_lines: Counter[str] = Counter()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in merge(tickets.rejected, selection.rejected):
            file.write(json.dumps(row._asdict(), ensure_ascii=False) + "\n")
            counts[row.reason] += 1
            if row.reason in UNREADABLE and row.end_line > row.line:
                lost_lines[row.reason] += row.end_line - row.line
    return counts, lost_lines


def _nothing_usable(table: TicketTable, rejected: list[Rejected]) -> str:
    if not rejected:
        return f"{table.path} holds a header but no rows"
    counts = Counter(row.reason for row in rejected)
    first = rejected[0]
    return (
        f"{table.path}: none of its rows can be used ({_counts(counts)}); "
        f"the first is {table.unit} {first.line}: {first.detail}"
    )


def _refuse_few_labels(column: LabelColumn, selection: Selection, rejected: Counter[str]) -> None:
    """Two labels are the least that there is to learn; one that was asked for must be there."""
    values = ", ".join(repr(shortened(value)) for value in column.most_frequent(5))
    frequent = f"the most frequent values are {values}"
    absent = column.absent_labels()
    if absent:
        raise DataError(f"{column.place}: no row has the label {absent[0]!r}; {frequent}")
    if len(selection.names) < 2:
        rare = selection.lost_labels
        cause = f"{why_rare(rare, column.options)}; " if rare else ""
        left = f"only the label {selection.names[0]!r}" if selection.names else "no label"
        raise DataError(
            f"{column.place}: {left} is left, and two are needed "
            f"({_counts(rejected) or 'no row rejected'}); {cause}"
            f"{frequent}: pass labels, or name another label column"
        )


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in counts.most_common())
