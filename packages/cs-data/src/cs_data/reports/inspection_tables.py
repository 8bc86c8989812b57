"""What `cs-data inspect` prints."""

from __future__ import annotations

from rich.table import Table

from cs_data.cleaning import shortened
from cs_data.preparing.label_mapping import counted
from cs_data.preparing.manifest import Manifest
from cs_data.reports import tables
from cs_data.reports.inspection import QUANTILES, Inspection
from cs_data.reports.summary import remarks

_MAX_BINS = 12
_MAX_SHOWN_LABELS = 4


def print_inspection(inspection: Inspection) -> None:
    """Print labels by language, lengths, identical texts and rejected rows."""
    terminal = tables.console()
    raw = inspection.manifest.raw
    separator = {"\t": "tab"}.get(raw.separator, f"'{raw.separator}'")
    facts = [_encodings(inspection.manifest), f"separator {separator}" if raw.separator else ""]
    terminal.print(f"{raw.file}: {', '.join(filter(None, facts)) or 'rows'}", style="bold")
    terminal.print(_labels_table(inspection))
    if "und" in inspection.languages:
        terminal.print("und: language unknown")
    terminal.print(_lengths_table(inspection))
    terminal.print(_histogram(inspection))
    if inspection.repeated:
        terminal.print(_repeated_table(inspection))
    for line in remarks(inspection.manifest, inspection.rejected_lines):
        terminal.print(line, soft_wrap=True)


def _encodings(manifest: Manifest) -> str:
    repaired, encoding = sum(manifest.repaired.values()), manifest.raw.encoding
    if not repaired:
        return encoding
    how = "of Windows-1252" if "not_utf8" in manifest.repaired else "repaired"
    return f"{encoding} with {repaired:,} line{'s' if repaired > 1 else ''} {how}"


def _labels_table(inspection: Inspection) -> Table:
    languages, by_language = tables.largest_rows(
        inspection.languages, inspection.counts.T, tables.MAX_LANGUAGES
    )
    labels, counts = tables.largest_rows(
        inspection.manifest.labels, by_language.T, tables.MAX_LABELS
    )
    totals = counts.sum(axis=1)
    title = f"{totals.sum():,} usable tickets by label and language"
    table = tables.new_table(title, "label", *languages, "all", "share")
    table.add_column()
    for label, row, total in zip(labels, counts, totals, strict=True):
        share, bar = f"{total / totals.sum():.1%}", tables.bar(total, totals.max())
        table.add_row(label, *tables.numbers(row), f"{total:,}", share, bar)
    table.add_section()
    table.add_row("all", *tables.numbers(counts.sum(axis=0)), f"{totals.sum():,}")
    return table


def _lengths_table(inspection: Inspection) -> Table:
    named = {0.5: "median", 1.0: "longest"}
    headings = [named.get(quantile, f"{quantile:.0%}") for quantile in QUANTILES]
    table = tables.new_table("length of a ticket", "", *headings)
    for unit, lengths in (("characters", inspection.characters), ("words", inspection.words)):
        table.add_row(unit, *tables.numbers(inspection.quantiles(lengths)))
    return table


def _histogram(inspection: Inspection) -> Table:
    starts, counts = inspection.histogram(inspection.words, _MAX_BINS)
    table = tables.new_table("tickets by length in words", "words", "tickets")
    table.columns[0].justify = "right"
    table.add_column()
    for at, (start, count) in enumerate(zip(starts, counts, strict=True)):
        end = f"-{starts[at + 1] - 1:,}" if at + 1 < len(starts) else " or more"
        table.add_row(f"{start:,}{end}", f"{count:,}", tables.bar(count, max(counts)))
    return table


def _repeated_table(inspection: Inspection) -> Table:
    table = tables.new_table("most frequent identical texts", "text", "tickets")
    table.add_column("labels", overflow="fold")
    for one in inspection.repeated:
        labels = dict(list(one.labels.items())[:_MAX_SHOWN_LABELS])
        text = shortened(" ".join(one.text.split()))
        table.add_row(text, f"{one.rows:,}", counted(labels, one.rows))
    return table
