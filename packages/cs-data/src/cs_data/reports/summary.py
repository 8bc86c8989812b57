"""What the command prints: tables and bars for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from cs_data.preparing.labels import counted
from cs_data.preparing.manifest import REJECTED, Manifest, Splits
from cs_data.reports.inspection import LINES_TOLD, QUANTILES, Inspection
from cs_data.reports.tables import (
    MOST_LABELS,
    MOST_LANGUAGES,
    bar,
    console,
    most,
    new_table,
    numbers,
)

_MOST_BINS = 12


def print_summary(splits: Splits) -> None:
    """Tell what `prepare` made, what it left out, and where it lies."""
    terminal = console()
    terminal.print(_splits_table(splits.manifest))
    for line in remarks(splits.manifest, splits.rejected_lines(LINES_TOLD)):
        terminal.print(line)
    if splits.manifest.rejected:
        terminal.print(f"each rejected row: {splits.folder / REJECTED}", soft_wrap=True)
    terminal.print(f"prepared: {splits.folder}", soft_wrap=True)


def print_inspection(inspection: Inspection) -> None:
    """Show labels by language, lengths, duplicates and rejected rows."""
    terminal = console()
    raw = inspection.manifest.raw
    separator = {"\t": "tab"}.get(raw.separator, f"'{raw.separator}'")
    terminal.print(
        f"{raw.file}: {_encodings(inspection.manifest)}, separator {separator}", style="bold"
    )
    terminal.print(_labels_table(inspection))
    if "und" in inspection.languages:
        terminal.print("und: language unknown")
    terminal.print(_lengths_table(inspection))
    terminal.print(_histogram(inspection))
    for line in remarks(inspection.manifest, inspection.rejected_lines):
        terminal.print(line)


def _splits_table(manifest: Manifest) -> Table:
    title = f"{manifest.name}: {manifest.rows:,} tickets"
    table = new_table(title, "label", *manifest.splits, "all")
    counts = np.array([list(split.labels.values()) for split in manifest.splits.values()]).T
    for label, row in zip(*most(manifest.labels, counts, MOST_LABELS), strict=True):
        table.add_row(label, *numbers(row), f"{row.sum():,}")
    table.add_section()
    table.add_row("all", *numbers(counts.sum(axis=0)), f"{counts.sum():,}")
    return table


def _labels_table(inspection: Inspection) -> Table:
    languages, by_language = most(inspection.languages, inspection.counts.T, MOST_LANGUAGES)
    labels, counts = most(inspection.manifest.labels, by_language.T, MOST_LABELS)
    title = f"{counts.sum():,} usable tickets by label and language"
    table = new_table(title, "label", *languages, "all", "share")
    table.add_column()
    totals = counts.sum(axis=1)
    for label, row, total in zip(labels, counts, totals, strict=True):
        share = f"{total / totals.sum():.1%}"
        table.add_row(label, *numbers(row), f"{total:,}", share, bar(total, totals.max()))
    table.add_section()
    table.add_row("all", *numbers(counts.sum(axis=0)), f"{totals.sum():,}", "", "")
    return table


def _lengths_table(inspection: Inspection) -> Table:
    named = {0.5: "median", 1.0: "longest"}
    headings = [named.get(quantile, f"{quantile:.0%}") for quantile in QUANTILES]
    table = new_table("length of a ticket", "", *headings)
    for unit, lengths in (("characters", inspection.characters), ("words", inspection.words)):
        table.add_row(unit, *(f"{length:,}" for length in inspection.quantiles(lengths)))
    return table


def _histogram(inspection: Inspection) -> Table:
    starts, counts = inspection.histogram(inspection.words, _MOST_BINS)
    table = new_table("tickets by length in words", "words", "tickets")
    table.columns[0].justify = "right"
    table.add_column()
    for at, (start, count) in enumerate(zip(starts, counts, strict=True)):
        end = f"-{starts[at + 1] - 1:,}" if at + 1 < len(starts) else " or more"
        table.add_row(f"{start:,}{end}", f"{count:,}", bar(count, max(counts)))
    return table


def remarks(manifest: Manifest, rejected_lines: Mapping[str, Sequence[int]]) -> Iterator[Text]:
    """Say what was grouped, put right and left out, with the first line numbers."""
    if manifest.options.near_duplicates:
        near = manifest.near_duplicates
        groups = f"{near.groups:,} group{'s' if near.groups > 1 else ''}"
        told = f"{near.rows:,} tickets in {groups}, each kept in one split"
        yield Text(f"near duplicates: {told if near.rows else 'none'}")
    for kind, count in manifest.repaired.items():
        lines = _lines(manifest.repaired_lines[kind], count)
        meaning = {"not_utf8": "not UTF-8, read as Windows-1252"}[kind]
        yield Text(f"repaired lines: {count:,} {meaning} ({lines})", style="yellow")
    if manifest.lost_labels:
        labels = ", ".join(map(repr, manifest.lost_labels[:MOST_LABELS]))
        more = ", …" if len(manifest.lost_labels) > MOST_LABELS else ""
        yield Text(
            f"labels left out, whose tickets are too few or too much alike (rare_label): "
            f"{labels}{more}; {len(manifest.labels):,} are left",
            style="yellow",
        )
    if manifest.unknown_values:
        named, rows = manifest.unknown_values, manifest.rejected["unknown_label"]
        yield Text(
            f"values that are no labels (unknown_label): {counted(named, rows)}",
            style="yellow",
        )
    if manifest.rejected:
        rows = sum(manifest.rejected.values())
        yield Text(f"rejected rows: {rows:,} of {rows + manifest.rows:,}", style="yellow")
    for reason, count in manifest.rejected.items():
        lines = _lines(rejected_lines[reason], count)
        if lost := manifest.lost_lines.get(reason):
            lines += f", with {lost:,} line{'s' if lost > 1 else ''} behind "
            lines += "them" if count > 1 else "it"
        yield Text(f"  {reason}: {count:,} ({lines})")


def _encodings(manifest: Manifest) -> str:
    repaired, encoding = manifest.repaired.get("not_utf8", 0), manifest.raw.encoding
    if not repaired:
        return encoding
    return f"{encoding} with {repaired:,} line{'s' if repaired > 1 else ''} of Windows-1252"


def _lines(first: Sequence[int], count: int) -> str:
    more = ", …" if count > len(first) else ""
    return f"line{'s' if count > 1 else ''} {', '.join(map(str, first))}{more}"
