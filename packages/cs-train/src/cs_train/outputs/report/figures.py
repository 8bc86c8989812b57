"""Draws the curves of a run and the reliability diagram; tables are the template's.

Every figure is to be drawn inside `svg.page_style()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cs_data.wording import count
from cs_train.engine.metrics import EpochMetrics, StepMetrics
from cs_train.outputs.report import svg
from cs_train.outputs.report.answers import CalibrationBin
from cs_train.outputs.wording import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 4.7, 3.0  # inches, 72 units each: letters of 11 units are 11 pixels at 340
_MAX_POINTS = 400  # per curve: more cannot be distinguished on a screen
_SMOOTHING = 0.06  # width of the moving mean, as a share of the curve


def loss_curves(
    steps: Sequence[StepMetrics], epochs: Sequence[EpochMetrics], best: EpochMetrics | None
) -> str:
    """Draw training loss by step, smoothed, and validation loss by epoch; all must be finite."""
    figure, axes = _empty("training step")
    sentences = []
    if steps:
        at, loss = thin([point.step for point in steps], [point.loss for point in steps])
        smooth = moving_mean(loss)
        axes.plot(at, loss, color=svg.BLUE, alpha=0.25, linewidth=1)
        axes.plot(at, smooth, color=svg.BLUE, label="training", marker=_lone(at))
        sentences.append(f"Training loss goes from {smooth[0]:.2f} to {smooth[-1]:.2f}.")
    if epochs:
        axes.plot(
            [point.step for point in epochs],
            [point.loss for point in epochs],
            color=svg.ORANGE,
            marker="o",
            label="validation",
        )
        least = min(epochs, key=lambda point: point.loss)
        sentences.append(f"Validation loss is least after epoch {least.epoch}: {least.loss:.2f}.")
    if best is not None:
        _mark_best(axes, best.step, best.epoch)
    axes.set_ylim(0, (axes.dataLim.ymax or 1) * 1.08)
    _legend(axes)
    return svg.inline_svg(figure, "loss", " ".join(sentences))


def validation_curves(epochs: Sequence[EpochMetrics], best: EpochMetrics | None) -> str:
    """Draw macro-F1 and accuracy on the validation split after each epoch."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure, axes = _empty("epoch")
    at = [point.epoch for point in epochs]
    f1 = [point.macro_f1 for point in epochs]
    accuracy = [point.accuracy for point in epochs]
    axes.plot(at, accuracy, color=svg.ORANGE, marker="s", linestyle="--", label="accuracy")
    axes.plot(at, f1, color=svg.BLUE, marker="o", label="macro-F1")
    if best is not None:
        _mark_best(axes, best.epoch, best.epoch)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    low, high = min(*f1, *accuracy), max(*f1, *accuracy)
    margin = max(0.03, 0.15 * (high - low))
    axes.set_ylim(max(-0.02, low - margin), min(1.02, high + margin))
    _legend(axes)
    sentence = f"Macro-F1 goes from {percent(f1[0])} after epoch {at[0]} to {percent(f1[-1])}"
    return svg.inline_svg(figure, "validation", f"{sentence} after epoch {at[-1]}.")


def learning_rate_curve(steps: Sequence[StepMetrics]) -> str:
    """Draw the learning rate of every step."""
    figure, axes = _empty("training step")
    at, rate = thin([point.step for point in steps], [point.learning_rate for point in steps])
    axes.plot(at, rate, color=svg.BLUE, marker=_lone(at))
    axes.set_ylim(0, (float(max(rate)) or 1) * 1.08)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    highest = int(np.argmax(rate))
    sentence = f"The learning rate is highest, {rate[highest]:.2g}, about step {at[highest]:.0f}"
    return svg.inline_svg(figure, "rate", f"{sentence} and ends at {rate[-1]:.2g}.")


def reliability_diagram(bins: Sequence[CalibrationBin]) -> str:
    """Draw how often the model is right against how sure it was, over how many rows that was."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(_WIDTH, _HEIGHT * 1.35), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    top.plot([0, 1], [0, 1], color=svg.MUTED, linestyle="--", linewidth=1, label="ideal")
    confidence = [group.confidence for group in bins]
    accuracy = [group.accuracy for group in bins]
    largest = max(group.rows for group in bins)
    top.scatter(
        confidence,
        accuracy,
        s=[10 + 150 * group.rows / largest for group in bins],
        color=svg.BLUE,
        label="this model",
    )
    top.set(ylabel="was right", ylim=(-0.03, 1.05), xlim=(0, 1.03))
    top.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    _legend(top)
    bottom.bar(
        [group.low for group in bins],
        [group.rows for group in bins],
        width=[(group.high - group.low) * 0.9 for group in bins],
        align="edge",
        color=svg.MUTED,
    )
    bottom.set(xlabel="was sure", ylabel="tickets")
    bottom.xaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    bottom.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    groups = "; ".join(
        f"about {percent(group.confidence)} sure, {percent(group.accuracy)} right "
        f"({count(group.rows, 'ticket')})"
        for group in bins
    )
    return svg.inline_svg(figure, "reliability", f"How sure and how often right: {groups}.")


def thin(at: Sequence[float], values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Replace neighbouring points by their mean until at most `_MAX_POINTS` are left.

    The same number of points goes into each mean, except the last.
    """
    together = -(-len(at) // _MAX_POINTS)
    starts = np.arange(0, len(at), together)
    sizes = np.diff([*starts, len(at)])
    means = (np.add.reduceat(np.asarray(row, float), starts) / sizes for row in (at, values))
    return next(means), next(means)


def moving_mean(values: np.ndarray) -> np.ndarray:
    """Smooth a curve by a centred moving mean, which has fewer neighbours at both ends."""
    window = np.ones(2 * round(len(values) * _SMOOTHING / 2) + 1)
    neighbours = np.convolve(np.ones(len(values)), window, mode="same")
    return np.asarray(np.convolve(values, window, mode="same") / neighbours)


def _empty(xlabel: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(xlabel)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    return figure, axes


def _lone(at: np.ndarray) -> str | None:
    """Return the marker without which a curve of a single point would not be seen."""
    return "o" if len(at) == 1 else None


def _mark_best(axes: Axes, position: int, epoch: int) -> None:
    axes.axvline(position, color=svg.INK, linewidth=1, linestyle=":", label=f"best: {epoch}")


def _legend(axes: Axes) -> None:
    """Put the legend above the curves, where it hides none of them."""
    axes.legend(bbox_to_anchor=(0, 1), ncols=3)
