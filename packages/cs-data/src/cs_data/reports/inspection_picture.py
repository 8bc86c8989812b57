"""Draws an inspection as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cs_data.reports.inspection import Inspection
from cs_data.reports.pictures import COLOURS, GRID, MUTED, draw_picture, title

_MOST_LANGUAGES = len(COLOURS) - 1
_MOST_LABELS = 20


def draw(inspection: Inspection, path: Path) -> None:
    """Write a picture of labels by language, lengths, and what became of the rows."""
    manifest = inspection.manifest
    labels = min(len(manifest.labels), _MOST_LABELS)

    def fill(figure: Figure) -> None:
        grid = figure.subplot_mosaic(
            [["labels", "labels"], ["words", "rows"]],
            width_ratios=[1.25, 1],
            height_ratios=[max(4, labels), 5],
        )
        title(figure, f"{manifest.raw.file} · {manifest.rows:,} usable tickets")
        _draw_labels(grid["labels"], inspection)
        _draw_words(grid["words"], inspection)
        _draw_rows(grid["rows"], inspection)

    draw_picture(path, (11, 5.8 + 0.3 * max(0, labels - 4)), fill)


def _draw_labels(axes: Axes, inspection: Inspection) -> None:
    """Stacked bars: one for each label, a colour for each language."""
    shown = np.argsort(-inspection.counts.sum(axis=1), kind="stable")[:_MOST_LABELS]
    shown.sort()
    counts = inspection.counts[shown]
    names = [inspection.manifest.labels[at] for at in shown]
    languages = list(inspection.languages[:_MOST_LANGUAGES])
    parts = counts[:, : len(languages)]
    if len(inspection.languages) > len(languages):
        languages.append("others")
        parts = np.hstack([parts, counts[:, _MOST_LANGUAGES:].sum(axis=1, keepdims=True)])
    left = np.zeros(len(names))
    for language, part, colour in zip(languages, parts.T, COLOURS, strict=False):
        axes.barh(names, part, left=left, color=colour, label=language, height=0.62)
        left += part
    for at, total in enumerate(left):
        axes.annotate(
            f"{total:,.0f}  ({total / inspection.counts.sum():.0%})",
            (total, at), (6, 0), textcoords="offset points", va="center", color=MUTED,
        )  # fmt: skip
    all_labels = len(inspection.manifest.labels)
    which = f", the {len(names)} most frequent of {all_labels} labels"
    axes.set_title("Tickets by label and language" + which * (len(names) < all_labels))
    axes.margins(y=0.02)
    axes.set_xlim(0, left.max() * 1.12)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.legend(
        ncols=len(languages), loc="lower right", bbox_to_anchor=(1, 1),
        frameon=False, handlelength=0.9, handleheight=0.9, columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


def _draw_words(axes: Axes, inspection: Inspection) -> None:
    """Histogram of lengths, with the median and the 95 % quantile marked."""
    starts, counts = inspection.histogram(inspection.words, 30)
    width = starts[1] - starts[0] if len(starts) > 1 else 1
    axes.bar(starts, counts, width=width * 0.92, align="edge", color=COLOURS[0])
    for quantile, name in ((0.5, "median"), (0.95, "95 %")):
        at = float(np.quantile(inspection.words, quantile, method="nearest"))
        axes.axvline(at, color=COLOURS[5], linewidth=1.2)
        axes.annotate(
            f"{name} {at:,.0f}", (at, 1), (4, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", color=COLOURS[5], fontsize=9,
        )  # fmt: skip
    axes.set_title("Length in words")
    axes.set_xlabel(f"words in a ticket (the last bar: {starts[-1]:,} or more)")
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", bottom=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", colors=MUTED)


def _draw_rows(axes: Axes, inspection: Inspection) -> None:
    """Bars: where the rows of the file went."""
    manifest = inspection.manifest
    bars: list[tuple[str, int, str]] = [
        *((name, split.rows, COLOURS[0]) for name, split in manifest.splits.items()),
        ("near duplicates in them", manifest.near_duplicates.rows, COLOURS[7]),
        *(
            (f"rejected: {reason.replace('_', ' ')}", rows, COLOURS[5])
            for reason, rows in manifest.rejected.items()
        ),
    ]
    names, values, colours = zip(*bars, strict=True)
    axes.barh(names, values, color=colours, height=0.62)
    for at, rows in enumerate(values):
        axes.annotate(
            f"{rows:,}", (rows, at), (6, 0), textcoords="offset points", va="center", color=MUTED
        )
    axes.set_title("Where the rows went")
    axes.set_xlim(0, max(values) * 1.18)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
