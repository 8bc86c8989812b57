"""Puts the figures of a run into plain English, for the terminal, the report and the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cs_data.wording import count, listed
from cs_train.evaluation.evaluate import MAJORITY_GUESS
from cs_train.evaluation.intervals import accuracy_interval, macro_f1_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cs_train.evaluation.scores import Scores
    from cs_train.outputs.report.answers import CalibrationBin
    from cs_train.outputs.result import RunResult

_FEW_ROWS = 100
_FEW_STEPS = 200  # of an optimizer: a new encoder has hardly begun to learn
_ENOUGH_STEPS = 400
_MAX_NAMED = 5


def percent(share: float) -> str:
    """Write a share from 0 to 1 with one decimal: 0.9125 is "91.2%"."""
    return f"{share:.1%}"


def summary(scores: Scores, guess: Scores, column: str, guessed_label: str) -> str:
    """Return one sentence on how good the model is, beside the majority guess."""
    right, rows = _out_of(scores)
    guessed, _ = _out_of(guess)
    noun = "ticket" if rows == 1 else "tickets"
    return (
        f"It names the right {column} for {right} of {rows} {noun} it has not seen; "
        f"always guessing “{guessed_label}” would be right for {guessed}."
    )


def caution(scores: Scores, guess: Scores) -> str | None:
    """Return what a reader should know before trusting the summary, None if nothing."""
    warnings = []
    if scores.accuracy <= guess.accuracy:
        warnings.append("It answers no better than a guess: do not rely on this model.")
    elif _may_be_a_guess(scores, guess):
        warnings.append(
            "It may be no better than a guess: the difference is within the margin of the test."
        )
    if scores.rows < _FEW_ROWS:
        warnings.append(
            f"Only {count(scores.rows, 'ticket')} could be tested: take the figures as a rough "
            "guide."
        )
    return " ".join(warnings) or None


def margin(scores: Scores) -> str:
    """Return how wide the margin of the scores is."""
    accuracy, macro_f1 = (
        " to ".join(map(percent, interval(scores)))
        for interval in (accuracy_interval, macro_f1_interval)
    )
    tickets = count(scores.rows, "test ticket")
    if 0 < scores.accuracy < 1:
        expected = f"{accuracy} and a macro-F1 of {macro_f1} (95% intervals from {tickets})"
    else:  # no resample has another macro-F1: its interval would claim to be exact
        expected = f"{accuracy} (95% interval from {tickets})"
    return (
        f"On all tickets like these, expect an accuracy of {expected}; a difference between two "
        "runs that is smaller may be chance."
    )


def next_steps(result: RunResult) -> list[str]:
    """Return what is worth trying to get a better model, the most promising first."""
    if result.config.dataset.name == "sample":
        return ["train on your own tickets: cs-train tickets.csv --label-column COLUMN"]
    scores, guess = result.test.scores, result.test.baselines[MAJORITY_GUESS]
    is_useless = _may_be_a_guess(scores, guess)
    from_scratch, training = result.config.model.name is None, result.training
    advice = []
    is_short = from_scratch and training.steps < _FEW_STEPS
    losses = [epoch.loss for epoch in result.epochs]
    still_learns = not losses or losses[-1] == min(losses)
    if is_short and still_learns:
        epochs = -(-training.epochs * _ENOUGH_STEPS // max(1, training.steps))
        advice.append(
            f"train for longer, these were only {count(training.steps, 'step')}: "
            f"training.num_epochs={epochs} training.patience=null"
        )
    if (from_scratch and is_useless) or (is_short and not still_learns):
        advice.append("fine-tune a pretrained encoder: experiment=baseline")
    if never := [each.label for each in scores.classes if each.support and not each.f1]:
        names = listed([f"“{name}”" for name in never], _MAX_NAMED)
        advice.append(
            f"{names} {'was' if len(never) == 1 else 'were'} never found: add tickets of "
            "rare labels, or merge labels with --labels VALUE=LABEL,…"
        )
    if is_useless:
        column = result.label_column
        advice.append(
            f"check that the text columns say what decides “{column}”: cs-data inspect shows them"
        )
    return advice


def _may_be_a_guess(scores: Scores, guess: Scores) -> bool:
    return accuracy_interval(scores)[0] <= guess.accuracy


def certainty(bins: Sequence[CalibrationBin], scores: Scores) -> str:
    """Return whether the model is as confident as it is right."""
    sure = sum(group.rows * group.confidence for group in bins) / scores.rows
    points = 100 * scores.calibration_error
    return (
        f"On average it is {percent(sure)} sure and {percent(scores.accuracy)} right. Dot by dot, "
        f"the two differ by {points:.1f} percentage points (the expected calibration error)."
    )


def most_common_mix_up(scores: Scores) -> str:
    """Return which label is most often taken for which other."""
    times, true, predicted = max(
        (
            (cell, -row, -column)
            for row, cells in enumerate(scores.confusion)
            for column, cell in enumerate(cells)
            if row != column
        ),
    )
    if times == 0:
        return "It made no mistake at all."
    true_class = scores.classes[-true]
    return (
        f"The most common mix-up: “{true_class.label}” taken for "
        f"“{scores.classes[-predicted].label}”, {count(times, 'time')} out of "
        f"{true_class.support:,}."
    )


def _out_of(scores: Scores) -> tuple[str, int]:
    """Return how many answers are right, and of how many: of 100, or of all if they are fewer."""
    right = round(scores.accuracy * scores.rows)
    if scores.rows < _FEW_ROWS:
        return str(right), scores.rows
    rounded = round(100 * scores.accuracy)
    if rounded == 100 and right < scores.rows:
        return "more than 99", 100
    if rounded == 0 and right > 0:
        return "fewer than 1", 100
    return str(rounded), 100
