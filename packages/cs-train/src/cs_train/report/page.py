"""Puts a report together and writes it as one HTML file that fetches nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cs_data.atomic_files import atomic_write_text
from cs_train.report import figures
from cs_train.report.contents import Report
from cs_train.report.mistakes import surest_mistakes
from cs_train.report.reliability import CalibrationBin, calibration_bins
from cs_train.report.svg import page_style
from cs_train.report.wording import caution, certainty, commonest_mix_up, count, percent, summary
from cs_train.scores import majority_guess, score, score_by

_MOST_MISTAKES = 12
_MANY_LABELS = 6  # labels: more need a narrower confusion matrix, over the page's whole width
_LARGEST_MATRIX = 40  # labels: more fill neither a screen nor a sheet of paper legibly
_MONITORS = {"macro_f1": "macro-F1", "accuracy": "accuracy", "loss": "loss"}


def write_report(path: Path, report: Report) -> None:
    """Write the page; the same report gives the same bytes.

    The file appears whole or not at all.

    Args:
        path: The HTML file, replaced if it is there; its folder must exist.
        report: What to show. At least one test row and one training row.

    Raises:
        ValueError: If the test rows and labels do not fit together, or there are none.
        OSError: If the file cannot be written.
    """
    atomic_write_text(path, render(report))


def render(report: Report) -> str:
    """Give the page as HTML; raises ValueError as `write_report` does."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    rows = len(report.targets)
    if not len(report.texts) == len(report.languages) == rows:
        raise ValueError(
            f"{len(report.texts)} texts and {len(report.languages)} languages for {rows} rows"
        )
    scores = score(report.targets, report.probabilities, report.labels)
    guess = majority_guess(report.train_targets, report.targets, report.labels)
    column = report.label_column.replace("_", " ")
    guessed_label = report.labels[int(np.bincount(report.train_targets).argmax())]
    bins = calibration_bins(report.targets, report.probabilities)
    mistakes = surest_mistakes(report, _MOST_MISTAKES)

    environment = Environment(
        loader=PackageLoader("cs_train.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    return environment.get_template("page.html").render(
        report=report,
        column=column,
        scores=scores,
        guess=guess,
        guessed_label=guessed_label,
        summary=summary(scores, guess, column, guessed_label),
        caution=caution(scores, guess),
        mix_up=commonest_mix_up(scores),
        many=len(report.labels) > _MANY_LABELS,
        matrix_fits=len(report.labels) <= _LARGEST_MATRIX,
        languages=score_by(report.languages, report.targets, report.probabilities, report.labels),
        certainty=certainty(bins, scores),
        mistakes=mistakes,
        wrong=round((1 - scores.accuracy) * rows),
        monitor=_MONITORS[report.monitor],
        best=figures.best_epoch(report.epochs),
        figures=_drawn(report, bins),
        count=count,
    )


def _drawn(report: Report, bins: Sequence[CalibrationBin]) -> dict[str, str]:
    """Draw the figures that there is something to draw for."""
    trained = [point for point in report.steps if np.isfinite(point.loss)]
    validated = [point for point in report.epochs if np.isfinite(point.loss)]
    with page_style():
        drawn = {"reliability": figures.reliability_diagram(bins)}
        if trained or validated:
            drawn["loss"] = figures.loss_curves(trained, validated)
        if report.epochs:
            drawn["validation"] = figures.validation_curves(report.epochs)
        if report.steps:
            drawn["learning_rate"] = figures.learning_rate_curve(report.steps)
    return drawn
