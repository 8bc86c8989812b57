"""What `cs-data diff` prints."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.table import Table
from rich.text import Text

from cs_data.reports.difference import Difference, Shift
from cs_data.reports.tables import (
    MOST_LABELS,
    MOST_LANGUAGES,
    bar,
    console,
    most,
    new_table,
    numbers,
)

_MOST_PAIRS = 10


def print_difference(difference: Difference, old: str, new: str) -> None:
    """Show what became of the tickets, and how labels and languages shifted."""
    terminal = console()
    terminal.print(f"{old} → {new}", style="bold", soft_wrap=True)
    terminal.print(_tickets_table(difference))
    if difference.relabelled:
        terminal.print(_relabelled_table(difference))
    for what, shift, limit in (
        ("label", difference.labels, MOST_LABELS),
        ("language", difference.languages, MOST_LANGUAGES),
    ):
        terminal.print(_shift_table(what, shift, limit))
        terminal.print(verdict(what, shift))
    for line in _rejected(difference):
        terminal.print(line)


def _tickets_table(difference: Difference) -> Table:
    rows = [
        ("in the older version", difference.old.rows),
        ("removed", difference.removed),
        ("kept", difference.kept),
        ("  of them relabelled", sum(difference.relabelled.values())),
        ("  of them in another split", difference.moved),
        ("added", difference.added),
        ("in the newer version", difference.new.rows),
    ]
    table = new_table("tickets", "", "tickets")
    table.add_column()
    largest = max(count for _, count in rows)
    for name, count in rows:
        table.add_row(name, f"{count:,}", bar(count, largest))
    return table


def _relabelled_table(difference: Difference) -> Table:
    pairs = list(difference.relabelled.items())
    table = new_table("relabelled", "older label", "tickets")
    table.add_column("newer label", overflow="fold")
    for (before, after), count in pairs[:_MOST_PAIRS]:
        table.add_row(before, f"{count:,}", after)
    if len(pairs) > _MOST_PAIRS:
        others = sum(count for _, count in pairs[_MOST_PAIRS:])
        table.add_row(f"{len(pairs) - _MOST_PAIRS} more pairs", f"{others:,}", "")
    return table


def _shift_table(what: str, shift: Shift, limit: int) -> Table:
    kinds, counts = most(shift.kinds, np.stack([shift.old, shift.new], axis=1), limit)
    shares = counts / counts.sum(axis=0)
    table = new_table(f"by {what}", what, "older", "newer", "share", "", "shift")
    table.add_column()
    for kind, row, (before, after) in zip(kinds, counts, shares, strict=True):
        drawn = bar(after, shares.max())
        points = f"{(after - before) * 100:+.1f}"
        table.add_row(kind, *numbers(row), f"{before:.1%}", f"{after:.1%}", points, drawn)
    return table


def verdict(what: str, shift: Shift) -> Text:
    """Say whether a column shifted more than by chance, and what was compared for it."""
    test = shift.test
    if test is None:
        return Text(f"{what} shift: nothing to compare")
    (one, other), (first, second) = test.groups, test.sizes
    p = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    words = "more than chance" if test.significant else "no more than chance explains"
    return Text(
        f"{what} shift: {words} ({first:,} {one} tickets beside {second:,} {other} ones: "
        f"chi-squared test {p}, Cramér's V {test.cramers_v:.2f})",
        style="yellow" if test.significant else "",
    )


def _rejected(difference: Difference) -> Iterator[Text]:
    old, new = difference.old.rejected, difference.new.rejected
    for reason in dict.fromkeys((*old, *new)):
        yield Text(f"rejected rows, {reason}: {old.get(reason, 0):,} → {new.get(reason, 0):,}")
