"""What the command prints: tables and bars for the terminal."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rich import box
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cs_data.inspection import LINES_TOLD, QUANTILES, Inspection
from cs_data.manifest import REJECTED, Manifest, Splits

_MOST_LANGUAGES = 8
_MOST_BINS = 12
_BAR_WIDTH = 28


def print_summary(splits: Splits) -> None:
    """Tell what `prepare` made, what it left out, and where it lies."""
    console = _console()
    console.print(_splits_table(splits.manifest))
    for line in remarks(splits.manifest, splits.rejected_lines(LINES_TOLD)):
        console.print(line)
    if splits.manifest.rejected:
        console.print(f"each rejected row: {splits.folder / REJECTED}", soft_wrap=True)
    console.print(f"prepared: {splits.folder}", soft_wrap=True)


def print_inspection(inspection: Inspection) -> None:
    """Show labels by language, lengths, duplicates and rejected rows."""
    console = _console()
    raw = inspection.manifest.raw
    separator = {"\t": "tab"}.get(raw.separator, f"'{raw.separator}'")
    console.print(f"{raw.file}: {raw.encoding}, separator {separator}", style="bold")
    console.print(_labels_table(inspection))
    console.print(_lengths_table(inspection))
    console.print(_histogram(inspection))
    for line in remarks(inspection.manifest, inspection.rejected_lines):
        console.print(line)


def _console() -> Console:
    return Console(highlight=False, markup=False)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def _splits_table(manifest: Manifest) -> Table:
    table = _table(f"{manifest.name}: {manifest.rows:,} tickets")
    table.add_column("split")
    for heading in (*manifest.labels, "all"):
        table.add_column(heading, justify="right")
    for name, split in manifest.splits.items():
        table.add_row(name, *(f"{n:,}" for n in (*split.labels.values(), split.rows)))
    return table


def _labels_table(inspection: Inspection) -> Table:
    counts, languages = inspection.counts, list(inspection.languages)
    if len(languages) > _MOST_LANGUAGES:
        others = counts[:, _MOST_LANGUAGES:].sum(axis=1, keepdims=True)
        counts = np.hstack([counts[:, :_MOST_LANGUAGES], others])
        languages[_MOST_LANGUAGES:] = [f"{len(languages) - _MOST_LANGUAGES} more"]
    table = _table(f"{counts.sum():,} usable tickets by label and language")
    table.add_column("label")
    for heading in (*languages, "all", "share"):
        table.add_column(heading, justify="right")
    table.add_column()
    totals = counts.sum(axis=1)
    for label, row, total in zip(inspection.manifest.labels, counts, totals, strict=True):
        share = f"{total / totals.sum():.1%}"
        table.add_row(label, *(f"{n:,}" for n in (*row, total)), share, _bar(total, totals.max()))
    if len(totals) > 1:
        table.add_section()
        table.add_row("all", *(f"{n:,}" for n in (*counts.sum(axis=0), totals.sum())), "", "")
    return table


def _lengths_table(inspection: Inspection) -> Table:
    table = _table("length of a ticket")
    table.add_column("")
    for quantile in QUANTILES:
        heading = {0.5: "median", 1.0: "longest"}.get(quantile, f"{quantile:.0%}")
        table.add_column(heading, justify="right")
    for unit, lengths in (("characters", inspection.characters), ("words", inspection.words)):
        table.add_row(unit, *(f"{length:,}" for length in inspection.quantiles(lengths)))
    return table


def _histogram(inspection: Inspection) -> Table:
    starts, counts = inspection.histogram(inspection.words, _MOST_BINS)
    table = _table("tickets by length in words")
    table.add_column("words", justify="right")
    table.add_column("tickets", justify="right")
    table.add_column()
    for at, (start, count) in enumerate(zip(starts, counts, strict=True)):
        end = f"-{starts[at + 1] - 1:,}" if at + 1 < len(starts) else " or more"
        table.add_row(f"{start:,}{end}", f"{count:,}", _bar(count, max(counts)))
    return table


def _bar(value: float, largest: float) -> Bar:
    return Bar(largest, 0, value, width=_BAR_WIDTH, color="cyan")


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
    if manifest.rejected:
        yield Text(f"rejected rows: {sum(manifest.rejected.values()):,}", style="yellow")
    for reason, count in manifest.rejected.items():
        yield Text(f"  {reason}: {count:,} ({_lines(rejected_lines[reason], count)})")


def _lines(first: Sequence[int], count: int) -> str:
    more = ", …" if count > len(first) else ""
    return f"line{'s' if count > 1 else ''} {', '.join(map(str, first))}{more}"
