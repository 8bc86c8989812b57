"""Draw an inspection as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cs_data.reports import pictures
from cs_data.reports.inspection import Inspection

_MAX_LANGUAGES = len(pictures.COLOURS) - 1


def draw_inspection(inspection: Inspection, path: Path) -> None:
    """Write a picture of labels by language, lengths, and what became of the rows."""
    manifest = inspection.manifest
    labels = min(len(manifest.labels), pictures.MAX_LABELS)

    def fill(figure: Figure) -> None:
        grid = figure.subplot_mosaic(
            [["labels", "labels"], ["words", "rows"]],
            width_ratios=[1.25, 1],
            height_ratios=[max(4, labels), 5],
        )
        _draw_labels(grid["labels"], inspection)
        _draw_words(grid["words"], inspection)
        _draw_rows(grid["rows"], inspection)

    title = f"{manifest.raw.file} · {manifest.rows:,} usable tickets"
    pictures.draw(path, title, (11, 5.8 + 0.3 * max(0, labels - 4)), fill)


def _draw_labels(axes: Axes, inspection: Inspection) -> None:
    """Draw one stacked bar for each label, with a colour for each language."""
    shown = np.sort(
        np.argsort(-inspection.counts.sum(axis=1), kind="stable")[: pictures.MAX_LABELS]
    )
    counts = inspection.counts[shown]
    names = [inspection.manifest.labels[at] for at in shown]
    languages = list(inspection.languages[:_MAX_LANGUAGES])
    parts = counts[:, : len(languages)]
    if len(inspection.languages) > len(languages):
        languages.append("others")
        parts = np.hstack([parts, counts[:, _MAX_LANGUAGES:].sum(axis=1, keepdims=True)])
    left = np.zeros(len(names))
    for language, part, colour in zip(languages, parts.T, pictures.COLOURS, strict=False):
        bars = axes.barh(names, part, left=left, color=colour, label=language, height=0.62)
        left += part
    totals = [f"{total:,.0f}  ({total / inspection.counts.sum():.0%})" for total in left]
    axes.bar_label(bars, totals, padding=6, color=pictures.MUTED)
    title = "Tickets by label and language"
    if len(names) < len(inspection.manifest.labels):
        title += f", the {len(names)} most frequent of {len(inspection.manifest.labels)} labels"
    pictures.finish_bars(axes, title, left.max() * 1.12, legend_columns=len(languages))


def _draw_words(axes: Axes, inspection: Inspection) -> None:
    """Draw a histogram of lengths, with the median and the 95 % quantile marked."""
    starts, counts = inspection.histogram(inspection.words, 30)
    width = starts[1] - starts[0] if len(starts) > 1 else 1
    axes.bar(starts, counts, width=width * 0.92, align="edge", color=pictures.BLUE)
    for quantile, name in ((0.5, "median"), (0.95, "95 %")):
        at = float(np.quantile(inspection.words, quantile, method="nearest"))
        axes.axvline(at, color=pictures.RED, linewidth=1.2)
        axes.annotate(
            f"{name} {at:,.0f}", (at, 1), (4, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", color=pictures.RED, fontsize=9,
        )  # fmt: skip
    axes.set_title("Length in words")
    axes.set_xlabel(f"words in a ticket (the last bar: {starts[-1]:,} or more)")
    axes.grid(axis="y", color=pictures.GRID)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", bottom=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", colors=pictures.MUTED)


def _draw_rows(axes: Axes, inspection: Inspection) -> None:
    """Draw a bar for each place where rows of the file went."""
    manifest = inspection.manifest
    rows: list[tuple[str, int, str]] = [
        (name, split.rows, pictures.BLUE) for name, split in manifest.splits.items()
    ]
    rows.append(("identical texts in them", manifest.identical.rows, pictures.GREY))
    rows.append(("near duplicates in them", manifest.near_duplicates.rows, pictures.GREY))
    for reason, count in manifest.rejected.items():
        rows.append((f"rejected: {reason.replace('_', ' ')}", count, pictures.RED))
    names, counts, colours = zip(*rows, strict=True)
    bars = axes.barh(names, counts, color=colours, height=0.62)
    axes.bar_label(bars, fmt="{:,.0f}", padding=6, color=pictures.MUTED)
    pictures.finish_bars(axes, "Where the rows went", max(counts) * 1.18)
