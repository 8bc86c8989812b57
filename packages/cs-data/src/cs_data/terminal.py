"""What the command prints: tables and bars for the terminal."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from rich import box
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cs_data.inspection import LINES_TOLD, QUANTILES, Inspection
from cs_data.manifest import REJECTED, Manifest, Splits

_MOST_LANGUAGES = 8
_MOST_LABELS = 25
_MOST_BINS = 12
_BAR_WIDTH = 28

Counts = npt.NDArray[np.int64]


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
    table.add_column("label", overflow="fold")
    for heading in (*manifest.splits, "all"):
        table.add_column(heading, justify="right")
    counts = np.array([list(split.labels.values()) for split in manifest.splits.values()]).T
    for label, row in zip(*_most(manifest.labels, counts, _MOST_LABELS), strict=True):
        table.add_row(label, *_numbers(row), f"{row.sum():,}")
    table.add_section()
    table.add_row("all", *_numbers(counts.sum(axis=0)), f"{counts.sum():,}")
    return table


def _labels_table(inspection: Inspection) -> Table:
    languages, by_language = _most(inspection.languages, inspection.counts.T, _MOST_LANGUAGES)
    labels, counts = _most(inspection.manifest.labels, by_language.T, _MOST_LABELS)
    table = _table(f"{counts.sum():,} usable tickets by label and language")
    table.add_column("label", overflow="fold")
    for heading in (*languages, "all", "share"):
        table.add_column(heading, justify="right")
    table.add_column()
    totals = counts.sum(axis=1)
    for label, row, total in zip(labels, counts, totals, strict=True):
        share = f"{total / totals.sum():.1%}"
        table.add_row(label, *_numbers(row), f"{total:,}", share, _bar(total, totals.max()))
    table.add_section()
    table.add_row("all", *_numbers(counts.sum(axis=0)), f"{totals.sum():,}", "", "")
    return table


def _most(names: Sequence[str], counts: Counts, most: int) -> tuple[list[str], Counts]:
    """Keep the rows of the largest names, in their order, and add the others up in one."""
    if len(names) <= most:
        return list(names), counts
    largest = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[: most - 1])
    others = counts.sum(axis=0) - counts[largest].sum(axis=0)
    kept = [names[at] for at in largest]
    return [*kept, f"{len(names) - len(kept)} more"], np.vstack([counts[largest], others])


def _numbers(row: Counts) -> list[str]:
    return [f"{number:,}" for number in row]


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
