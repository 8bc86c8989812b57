"""What `cs-data prepare` prints, and what is worth saying about any prepared data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from cs_data.preparing.label_mapping import counted
from cs_data.preparing.manifest import REJECTED, Manifest, Splits
from cs_data.reading import REPAIRS
from cs_data.reports.label_remarks import label_warnings, priority_remark
from cs_data.reports.tables import MAX_LABELS, console, largest_rows, new_table, numbers

_STRIPPED = {
    "html": "HTML turned into plain text (left with --keep-html or dataset.strip_html=false)",
    "quoted_mail": "quoted mail and signatures left out",
}
_MAX_PAIRS = 5


def print_summary(splits: Splits) -> None:
    """Print what `prepare` wrote, what it left out, and where the files are."""
    terminal = console()
    terminal.print(_splits_table(splits.manifest))
    for line in remarks(splits.manifest, splits.rejected_lines()):
        terminal.print(line, soft_wrap=True)
    if splits.manifest.rejected:
        terminal.print(f"each rejected row: {splits.folder / REJECTED}", soft_wrap=True)
    terminal.print(f"prepared: {splits.folder}", soft_wrap=True)


def _splits_table(manifest: Manifest) -> Table:
    title = f"{manifest.name}: {manifest.rows:,} tickets"
    table = new_table(title, "label", *manifest.splits, "all")
    counts = np.array([list(split.labels.values()) for split in manifest.splits.values()]).T
    for label, row in zip(*largest_rows(manifest.labels, counts, MAX_LABELS), strict=True):
        table.add_row(label, *numbers(row), f"{row.sum():,}")
    table.add_section()
    table.add_row("all", *numbers(counts.sum(axis=0)), f"{counts.sum():,}")
    return table


def remarks(manifest: Manifest, rejected_lines: Mapping[str, Sequence[int]]) -> Iterator[Text]:
    """Yield lines about what was grouped, repaired and left out, and what no model can learn.

    Args:
        manifest: of the prepared data set.
        rejected_lines: the first line numbers of the rejected rows, by reason.
    """
    if remark := priority_remark(manifest):
        yield Text(remark)
    yield from map(_warning, label_warnings(manifest))
    identical = manifest.identical
    texts = f"{identical.texts:,} text{'s' if identical.texts > 1 else ''}"
    found = f"{identical.rows:,} tickets share {texts}, each kept in one split"
    yield Text(f"identical texts: {found if identical.rows else 'none'}")
    if identical.mixed_rows:
        yield _warning(_mixed_labels(manifest))
    if manifest.options.near_duplicates:
        near = manifest.near_duplicates
        groups = f"{near.groups:,} group{'s' if near.groups > 1 else ''}"
        found = f"{near.rows:,} tickets in {groups}, each kept in one split"
        yield Text(f"near duplicates: {found if near.rows else 'none'}")
    for kind, count in manifest.stripped.items():
        yield Text(f"{_STRIPPED[kind]}: {count:,} text{'s' if count > 1 else ''}")
    if manifest.without_id:
        column = manifest.options.id_column
        yield _warning(f"tickets without a value in {column!r}: {manifest.without_id:,}, all kept")
    for note in manifest.raw.notes:
        yield _warning(f"{manifest.raw.file}: {note}")
    for kind, count in manifest.repaired.items():
        lines = _lines(manifest, manifest.repaired_lines[kind], count)
        yield _warning(f"repaired lines: {count:,} {REPAIRS[kind]} ({lines})")
    if manifest.lost_labels:
        labels = ", ".join(map(repr, manifest.lost_labels[:MAX_LABELS]))
        more = ", …" if len(manifest.lost_labels) > MAX_LABELS else ""
        yield _warning(
            "labels left out, whose tickets are too few or too much alike (rare_label): "
            f"{labels}{more}; {len(manifest.labels):,} are left"
        )
    if manifest.unknown_values:
        values = counted(manifest.unknown_values, manifest.rejected["unknown_label"])
        yield _warning(f"values that are no labels (unknown_label): {values}")
    if manifest.rejected:
        rows = sum(manifest.rejected.values())
        yield _warning(f"rejected rows: {rows:,} of {rows + manifest.rows:,}")
    for reason, count in manifest.rejected.items():
        lines = _lines(manifest, rejected_lines[reason], count)
        if lost := manifest.lost_lines.get(reason):
            lines += f", with {lost:,} line{'s' if lost > 1 else ''} behind "
            lines += "them" if count > 1 else "it"
        yield Text(f"  {reason}: {count:,} ({lines})")


def _mixed_labels(manifest: Manifest) -> str:
    """Return how often labels of the same text differ, and what that costs any model."""
    identical = manifest.identical
    rare = sum(identical.minority_rows.values())
    pairs = {
        f"{label} instead of {usual}": rows
        for usual, label, rows in identical.minority_labels[:_MAX_PAIRS]
    }
    texts = f"{identical.mixed_texts:,} text{'s' if identical.mixed_texts > 1 else ''}"
    return (
        f"identical texts with different labels: {identical.mixed_rows:,} tickets in {texts}, "
        f"{rare:,} of them with another label than the most frequent one of their text "
        f"({counted(pairs, rare)}): no model can be right on more than "
        f"{manifest.max_accuracy():.1%} of all tickets, "
        f"{manifest.max_accuracy('test'):.1%} of the test split"
    )


def _warning(text: str) -> Text:
    return Text(text, style="yellow")


def _lines(manifest: Manifest, first: Sequence[int], count: int) -> str:
    more = ", …" if count > len(first) else ""
    return f"{manifest.raw.unit}{'s' if count > 1 else ''} {', '.join(map(str, first))}{more}"
