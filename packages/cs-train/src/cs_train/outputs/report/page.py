"""Puts a report together and writes it as one HTML file that fetches nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cs_data.atomic_files import atomic_write_text
from cs_data.wording import count
from cs_train.evaluation.evaluate import MAJORITY_GUESS
from cs_train.evaluation.scores import SCORE_NAMES
from cs_train.outputs.report import figures
from cs_train.outputs.report.answers import CalibrationBin, calibration_bins, most_confident_errors
from cs_train.outputs.report.svg import page_style
from cs_train.outputs.result import RunResult
from cs_train.outputs.wording import (
    caution,
    certainty,
    margin,
    most_common_mix_up,
    next_steps,
    percent,
    summary,
)

_MAX_MISTAKES = 12
_MANY_LABELS = 6  # labels: more need a narrower confusion matrix, over the page's full width
_LARGEST_MATRIX = 40  # labels: more fill neither a screen nor a sheet of paper legibly


def write_report(result: RunResult) -> None:
    """Write the page of a finished run, complete or not at all; the same run gives the same bytes.

    Raises:
        OSError: If the file cannot be written.
    """
    atomic_write_text(result.report, render(result))


def render(result: RunResult) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    test, scores = result.test, result.test.scores
    guess = test.baselines[MAJORITY_GUESS]
    column = result.label_column.replace("_", " ")
    guessed_label = max(result.train_labels, key=result.train_labels.__getitem__)
    bins = calibration_bins(test.targets, test.probabilities)

    environment = Environment(
        loader=PackageLoader("cs_train.outputs.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    return environment.get_template("page.html").render(
        run=result,
        column=column,
        scores=scores,
        guess=guess,
        guessed_label=guessed_label,
        train_rows=sum(result.train_labels.values()),
        summary=summary(scores, guess, column, guessed_label),
        caution=caution(scores, guess),
        margin=margin(scores),
        next_steps=next_steps(result),
        mix_up=most_common_mix_up(scores),
        many=len(result.labels) > _MANY_LABELS,
        matrix_fits=len(result.labels) <= _LARGEST_MATRIX,
        languages=test.by_language,
        certainty=certainty(bins, scores),
        mistakes=most_confident_errors(result, _MAX_MISTAKES),
        wrong=int(np.count_nonzero(~test.is_correct)),
        monitor=SCORE_NAMES[result.config.training.monitor],
        best=result.best_epoch,
        figures=_draw(result, bins),
        count=count,
    )


def _draw(result: RunResult, bins: Sequence[CalibrationBin]) -> dict[str, str]:
    """Draw the figures that there is something to draw for."""
    trained = [step for step in result.steps if np.isfinite(step.loss)]
    validated = [epoch for epoch in result.epochs if np.isfinite(epoch.loss)]
    with page_style():
        drawn = {"reliability": figures.reliability_diagram(bins)}
        if trained or validated:
            drawn["loss"] = figures.loss_curves(trained, validated, result.best_epoch)
        if result.epochs:
            drawn["validation"] = figures.validation_curves(result.epochs, result.best_epoch)
        if result.steps:
            drawn["learning_rate"] = figures.learning_rate_curve(result.steps)
    return drawn
