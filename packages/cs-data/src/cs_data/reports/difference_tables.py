"""What `cs-data diff` prints."""

from __future__ import annotations

import numpy as np
from rich.table import Table
from rich.text import Text

from cs_data.reports import tables
from cs_data.reports.difference import Difference, Shift

_MAX_PAIRS = 10


def print_difference(difference: Difference, old: str, new: str) -> None:
    """Print what became of the tickets, and how labels and languages shifted."""
    terminal = tables.console()
    terminal.print(f"{old} → {new}", style="bold", soft_wrap=True)
    terminal.print(_tickets_table(difference))
    if difference.relabelled:
        terminal.print(_relabelled_table(difference))
    for column, shift, limit in (
        ("label", difference.labels, tables.MAX_LABELS),
        ("language", difference.languages, tables.MAX_LANGUAGES),
    ):
        terminal.print(_shift_table(column, shift, limit))
        significant = shift.test is not None and shift.test.significant
        terminal.print(Text(verdict(column, shift), style="yellow" if significant else ""))
    before, after = difference.old.rejected, difference.new.rejected
    for reason in dict.fromkeys((*before, *after)):
        counts = f"{before.get(reason, 0):,} → {after.get(reason, 0):,}"
        terminal.print(f"rejected rows, {reason}: {counts}")


def _tickets_table(difference: Difference) -> Table:
    rows = {
        "in the older version": difference.old.rows,
        "removed": difference.removed,
        "kept": difference.kept,
        "  of them relabelled": sum(difference.relabelled.values()),
        "  of them in another split": difference.moved,
        "added": difference.added,
        "in the newer version": difference.new.rows,
    }
    table = tables.new_table("tickets", "", "tickets")
    table.add_column()
    for name, count in rows.items():
        table.add_row(name, f"{count:,}", tables.bar(count, max(rows.values())))
    return table


def _relabelled_table(difference: Difference) -> Table:
    pairs = list(difference.relabelled.items())
    table = tables.new_table("relabelled", "older label", "tickets")
    table.add_column("newer label", overflow="fold")
    for (before, after), count in pairs[:_MAX_PAIRS]:
        table.add_row(before, f"{count:,}", after)
    if len(pairs) > _MAX_PAIRS:
        others = sum(count for _, count in pairs[_MAX_PAIRS:])
        table.add_row(f"{len(pairs) - _MAX_PAIRS} more pairs", f"{others:,}")
    return table


def _shift_table(column: str, shift: Shift, limit: int) -> Table:
    both = np.stack([shift.old, shift.new], axis=1)
    kinds, counts = tables.largest_rows(shift.kinds, both, limit)
    shares = counts / counts.sum(axis=0)
    table = tables.new_table(f"by {column}", column, "older", "newer", "share", "", "shift")
    table.add_column()
    for kind, row, (before, after) in zip(kinds, counts, shares, strict=True):
        points, bar = f"{(after - before) * 100:+z.1f}", tables.bar(after, shares.max())
        table.add_row(kind, *tables.numbers(row), f"{before:.1%}", f"{after:.1%}", points, bar)
    return table


def verdict(column: str, shift: Shift) -> str:
    """Return whether a column shifted more than by chance, and what was compared for it."""
    test = shift.test
    if test is None:
        return f"{column} shift: nothing to compare"
    (one, other), (first, second) = test.groups, test.sizes
    p = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    words = "more than chance" if test.significant else "no more than chance explains"
    return (
        f"{column} shift: {words} ({first:,} {one} tickets beside {second:,} {other} ones: "
        f"chi-squared test {p}, Cramér's V {test.cramers_v:.2f})"
    )
