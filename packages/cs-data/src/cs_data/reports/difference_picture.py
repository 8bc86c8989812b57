"""Draw the difference between two versions as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cs_data.reports import pictures
from cs_data.reports.difference import Difference, Shift
from cs_data.reports.difference_tables import verdict
from cs_data.reports.tables import MAX_LANGUAGES, largest_rows


def draw_difference(difference: Difference, old: str, new: str, path: Path) -> None:
    """Write a picture of what became of the tickets and how labels and languages shifted."""
    labels = min(len(difference.labels.kinds), pictures.MAX_LABELS)
    languages = min(len(difference.languages.kinds), MAX_LANGUAGES)

    def fill(figure: Figure) -> None:
        grid = figure.subplot_mosaic(
            [["tickets"], ["labels"], ["languages"]],
            height_ratios=[2, 1 + labels, 1 + languages],
        )
        _draw_tickets(grid["tickets"], difference)
        _draw_shift(grid["labels"], "label", difference.labels, pictures.MAX_LABELS)
        _draw_shift(grid["languages"], "language", difference.languages, MAX_LANGUAGES)

    pictures.draw(path, f"{old} → {new}", (11, 3.6 + 0.42 * (labels + languages)), fill)


def _draw_tickets(axes: Axes, difference: Difference) -> None:
    """Draw one bar: removed, unchanged, relabelled, added."""
    relabelled = sum(difference.relabelled.values())
    parts = (
        ("removed", difference.removed, pictures.RED),
        ("kept", difference.kept - relabelled, pictures.GREY),
        ("relabelled", relabelled, pictures.ORANGE),
        ("added", difference.added, pictures.GREEN),
    )
    left = 0
    for name, count, colour in parts:
        axes.barh([""], [count], left=left, color=colour, height=0.6, label=f"{name} {count:,}")
        left += count
    pictures.finish_bars(axes, "Tickets", left, legend_columns=len(parts))


def _draw_shift(axes: Axes, column: str, shift: Shift, limit: int) -> None:
    """Draw two bars for each kind: its share in the older and in the newer version."""
    kinds, counts = largest_rows(shift.kinds, np.stack([shift.old, shift.new], axis=1), limit)
    shares = counts / counts.sum(axis=0)
    places = np.arange(len(kinds))
    for at, (name, colour) in enumerate((("older", pictures.GREY), ("newer", pictures.BLUE))):
        offset = (at - 0.5) * 0.38
        bars = axes.barh(places + offset, shares[:, at], height=0.36, color=colour, label=name)
        pairs = zip(shares[:, at], counts[:, at], strict=True)
        labels = [f"{share:.1%}  ({count:,})" for share, count in pairs]
        axes.bar_label(bars, labels, padding=6, color=pictures.MUTED, fontsize=8)
    axes.set_yticks(places, kinds)
    axes.annotate(
        verdict(column, shift).replace(" (", "\n(", 1), (0, 0), (0, -6), xycoords="axes fraction",
        textcoords="offset points", va="top", color=pictures.MUTED, fontsize=9,
    )  # fmt: skip
    pictures.finish_bars(axes, f"Share by {column}", shares.max() * 1.15, legend_columns=2)
