"""What `cs-data prepare` prints, and what is worth saying about any prepared data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from cs_data.preparing.manifest import REJECTED, Manifest, Splits
from cs_data.reading import REPAIRS
from cs_data.reports.label_remarks import label_warnings, priority_remark
from cs_data.reports.tables import MAX_LABELS, console, largest_rows, new_table, numbers
from cs_data.wording import count, listed, value_counts

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
    texts = count(identical.texts, "text")
    found = f"{identical.rows:,} tickets share {texts}, each kept in one split"
    yield Text(f"identical texts: {found if identical.rows else 'none'}")
    if identical.mixed_rows:
        yield _warning(_mixed_labels(manifest))
    if manifest.options.near_duplicates:
        near = manifest.near_duplicates
        found = f"{near.rows:,} tickets in {count(near.groups, 'group')}, each kept in one split"
        yield Text(f"near duplicates: {found if near.rows else 'none'}")
    for kind, stripped in manifest.stripped.items():
        yield Text(f"{_STRIPPED[kind]}: {count(stripped, 'text')}")
    if manifest.without_id:
        column = manifest.options.id_column
        yield _warning(f"tickets without a value in {column!r}: {manifest.without_id:,}, all kept")
    for note in manifest.raw.notes:
        yield _warning(f"{manifest.raw.file}: {note}")
    for kind, repaired in manifest.repaired.items():
        lines = _lines(manifest, manifest.repaired_lines[kind], repaired)
        yield _warning(f"repaired lines: {repaired:,} {REPAIRS[kind]} ({lines})")
    if manifest.lost_labels:
        yield _warning(
            "labels left out, whose tickets are too few or too much alike (rare_label): "
            f"{listed([*map(repr, manifest.lost_labels)], MAX_LABELS)}; "
            f"{len(manifest.labels):,} are left"
        )
    if manifest.unknown_values:
        values = value_counts(manifest.unknown_values, manifest.rejected["unknown_label"])
        yield _warning(f"values that are no labels (unknown_label): {values}")
    if manifest.rejected:
        rows = sum(manifest.rejected.values())
        yield _warning(f"rejected rows: {rows:,} of {rows + manifest.rows:,}")
    for reason, rows in manifest.rejected.items():
        lines = _lines(manifest, rejected_lines[reason], rows)
        if lost := manifest.lost_lines.get(reason):
            lines += f", with {count(lost, 'line')} behind {'them' if rows > 1 else 'it'}"
        yield Text(f"  {reason}: {rows:,} ({lines})")


def _mixed_labels(manifest: Manifest) -> str:
    """Return how often labels of the same text differ, and what that costs any model."""
    identical = manifest.identical
    rare = sum(identical.minority_rows.values())
    pairs = {
        f"{label} instead of {usual}": rows
        for usual, label, rows in identical.minority_labels[:_MAX_PAIRS]
    }
    texts = count(identical.mixed_texts, "text")
    return (
        f"identical texts with different labels: {identical.mixed_rows:,} tickets in {texts}, "
        f"{rare:,} of them with another label than the most frequent one of their text "
        f"({value_counts(pairs, rare)}): no model can be right on more than "
        f"{manifest.max_accuracy():.1%} of all tickets, "
        f"{manifest.max_accuracy('test'):.1%} of the test split"
    )


def _warning(text: str) -> Text:
    return Text(text, style="yellow")


def _lines(manifest: Manifest, first: Sequence[int], rows: int) -> str:
    more = ", …" if rows > len(first) else ""
    return f"{manifest.raw.unit}{'s' if rows > 1 else ''} {', '.join(map(str, first))}{more}"
