"""Draws the difference between two versions as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cs_data.reports.difference import Difference, Shift
from cs_data.reports.difference_tables import verdict
from cs_data.reports.pictures import COLOURS, MUTED, draw_picture, title
from cs_data.reports.tables import most

_MOST_LABELS = 20
_MOST_LANGUAGES = 8


def draw_difference(difference: Difference, old: str, new: str, path: Path) -> None:
    """Write a picture of what became of the tickets and how labels and languages shifted."""
    labels = min(len(difference.labels.kinds), _MOST_LABELS)
    languages = min(len(difference.languages.kinds), _MOST_LANGUAGES)

    def fill(figure: Figure) -> None:
        grid = figure.subplot_mosaic(
            [["tickets"], ["labels"], ["languages"]],
            height_ratios=[2, 1 + labels, 1 + languages],
        )
        title(figure, f"{old} → {new}")
        _draw_tickets(grid["tickets"], difference)
        _draw_shift(grid["labels"], "label", difference.labels, _MOST_LABELS)
        _draw_shift(grid["languages"], "language", difference.languages, _MOST_LANGUAGES)

    draw_picture(path, (11, 3.6 + 0.42 * (labels + languages)), fill)


def _draw_tickets(axes: Axes, difference: Difference) -> None:
    """One bar: removed, kept as they were, relabelled, added."""
    relabelled = sum(difference.relabelled.values())
    parts = [
        ("removed", difference.removed, COLOURS[5]),
        ("kept", difference.kept - relabelled, COLOURS[7]),
        ("relabelled", relabelled, COLOURS[1]),
        ("added", difference.added, COLOURS[2]),
    ]
    left = 0
    for name, count, colour in parts:
        axes.barh([""], [count], left=left, color=colour, height=0.6, label=f"{name} {count:,}")
        left += count
    axes.set_title("Tickets")
    axes.set_xlim(0, left)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.legend(
        ncols=len(parts), loc="lower right", bbox_to_anchor=(1, 1),
        frameon=False, handlelength=0.9, handleheight=0.9, borderaxespad=0.2,
    )  # fmt: skip


def _draw_shift(axes: Axes, what: str, shift: Shift, limit: int) -> None:
    """Two bars for each kind: its share in the older and in the newer version."""
    kinds, counts = most(shift.kinds, np.stack([shift.old, shift.new], axis=1), limit)
    shares = counts / counts.sum(axis=0)
    places = np.arange(len(kinds))
    for at, (name, colour) in enumerate((("older", COLOURS[7]), ("newer", COLOURS[0]))):
        drawn = axes.barh(
            places + (at - 0.5) * 0.38, shares[:, at], height=0.36, color=colour, label=name
        )
        labels = [
            f"{share:.1%}  ({count:,})"
            for share, count in zip(shares[:, at], counts[:, at], strict=True)
        ]
        axes.bar_label(drawn, labels, padding=6, color=MUTED, fontsize=8)
    axes.set_yticks(places, kinds)
    axes.set_title(f"Share by {what}")
    told = verdict(what, shift).plain.replace(" (", "\n(", 1)
    axes.annotate(
        told, (0, 0), (0, -6), xycoords="axes fraction", textcoords="offset points",
        va="top", color=MUTED, fontsize=9,
    )  # fmt: skip
    axes.set_xlim(0, shares.max() * 1.15)
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.legend(
        ncols=2, loc="lower right", bbox_to_anchor=(1, 1),
        frameon=False, handlelength=0.9, handleheight=0.9, borderaxespad=0.2,
    )  # fmt: skip
