"""What is said about a score: its margin, whether it is a guess, and what to try next."""

from __future__ import annotations

import dataclasses
import html
import io
from pathlib import Path

import numpy as np
import pytest
from cs_train_tests.results import make_result
from rich.console import Console

from cs_train.config import Config, DatasetConfig, ModelConfig
from cs_train.engine.metrics import TrainingStats
from cs_train.evaluation.evaluate import MAJORITY_GUESS
from cs_train.evaluation.intervals import accuracy_interval, macro_f1_interval
from cs_train.evaluation.scores import score
from cs_train.outputs.model_card import model_card
from cs_train.outputs.report.page import render
from cs_train.outputs.summary import print_summary
from cs_train.outputs.wording import caution, margin, next_steps


def scored(right, rows):
    """Give the scores of a model that is right in so many of so many rows of two labels."""
    targets = np.arange(rows) % 2
    predicted = np.where(np.arange(rows) < right, targets, 1 - targets)
    return score(targets, np.eye(2)[predicted], ("a", "b"))


def own(result, **training):
    """Give the same run, of a file of the user's own."""
    config = Config(dataset=DatasetConfig(name="custom", path="exports/tickets.xlsx"))
    stats = TrainingStats(
        **{"steps": 1000, "epochs": 5, "seconds": 9.0, "best_epoch": 2} | training
    )
    return dataclasses.replace(result, config=config, training=stats)


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    [(80, 100, 0.711, 0.867), (50, 100, 0.404, 0.596), (10, 10, 0.722, 1.0), (0, 10, 0.0, 0.278)],
)
def test_the_interval_of_an_accuracy_is_wilsons(right, rows, low, high):
    assert accuracy_interval(scored(right, rows)) == pytest.approx((low, high), abs=5e-4)


def test_the_interval_of_the_macro_f1_holds_it_is_repeatable_and_narrows_with_more_tickets():
    few, many = (macro_f1_interval(scored(8 * rows // 10, rows)) for rows in (50, 5000))
    assert few[0] < 0.8 < few[1]
    assert many[0] < 0.8 < many[1]
    assert few[1] - few[0] > 5 * (many[1] - many[0])
    assert macro_f1_interval(scored(40, 50)) == few
    assert macro_f1_interval(scored(10, 10)) == (1, 1)


@pytest.mark.parametrize("right", [0, 10])
def test_a_macro_f1_that_no_resample_changes_is_not_called_certain(right):
    said = margin(scored(right, 10))

    assert "macro-F1" not in said
    assert "% (95% interval from 10 test tickets); a difference" in said
    assert "and a macro-F1 of " in margin(scored(9, 10))


@pytest.mark.parametrize(
    ("right", "warning"),
    [(50, "no better than a guess"), (56, "may be no better than a guess"), (80, None)],
)
def test_a_model_within_the_margin_of_a_guess_is_warned_of(right, warning):
    said = caution(scored(right, 100), scored(50, 100))
    assert said is None if warning is None else warning in said


def test_terminal_report_and_card_say_the_same_about_a_score():
    wrong = np.eye(3)[(make_result(Path("run")).test.targets + 1) % 3]
    result = own(make_result(Path("run"), probabilities=wrong, languages=["und"]), steps=30)
    terminal = io.StringIO()
    print_summary(Console(file=terminal, width=400), result)
    for text in (terminal.getvalue(), render(result), model_card(result)):
        assert "It answers no better than a guess: do not rely on this model." in text
        assert margin(result.test.scores) in text
        assert "not stated" not in text
        assert "| und |" not in text
    for step in next_steps(result):
        assert f"next:    {step}\n" in terminal.getvalue()
        assert html.unescape(render(result)).count(step) == 1


def test_the_title_names_the_file_or_the_data_set_and_the_column():
    result = make_result(Path("run"))
    assert result.title == "sample: priority"
    assert own(result).title == "tickets.xlsx: priority"
    assert "# tickets.xlsx: priority" in model_card(own(result))


def test_a_good_model_of_ones_own_tickets_gets_no_advice_and_one_of_made_up_ones_the_next_step():
    result = make_result(Path("run"))
    assert next_steps(own(result)) == []
    [advice] = next_steps(result)
    assert "cs-train tickets.csv" in advice


def test_a_short_run_that_guesses_is_advised_to_train_for_longer_or_from_a_pretrained_encoder():
    guess = np.tile([0.5, 0.3, 0.2], (200, 1))
    result = own(make_result(Path("run"), probabilities=guess), steps=20, epochs=4)
    assert caution(result.test.scores, result.test.baselines[MAJORITY_GUESS])
    longer, pretrained, never, columns = next_steps(result)
    assert "these were only 20 steps: training.num_epochs=80 training.patience=null" in longer
    assert "experiment=baseline" in pretrained
    assert "“medium”, “high” were never found" in never
    assert "what decides “priority”" in columns

    first, *_, last = result.epochs
    worse = [first, dataclasses.replace(last, loss=first.loss + 1)]
    overfitted = next_steps(dataclasses.replace(result, epochs=worse))
    assert overfitted == [pretrained, never, columns]

    config = dataclasses.replace(result.config, model=ModelConfig(name="an/encoder"))
    advice = next_steps(dataclasses.replace(result, config=config))
    assert not [step for step in advice if "encoder" in step or "for longer" in step]


def test_long_labels_are_shown_to_their_end_on_a_narrow_terminal():
    labels = [f"IT::{'x' * 30}::{at}" for at in "ABC"]
    terminal = io.StringIO()
    print_summary(Console(file=terminal, width=80), make_result(Path("run"), labels=labels))

    cells = (line.split("│")[1].strip() for line in terminal.getvalue().splitlines() if "│" in line)
    joined = "".join(cells)
    assert all(label in joined for label in labels)


def test_only_codes_of_languages_stand_in_the_metadata_of_a_card():
    card = model_card(make_result(Path("run"), languages=["de", "englisch", "pt-br", "und"]))
    assert "language:\n- de\n- pt-br\nmetrics:" in card
