"""What the figures of a run mean, pinned to values worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cs_train.evaluation.evaluate import majority_guess
from cs_train.evaluation.scores import Scores, largest_groups, score, score_by

LABELS = ("low", "medium", "high")
TARGETS = np.array([0, 0, 1, 1, 1, 2])
# Predictions 0, 1, 1, 1, 2, 2, so the confusion matrix is [1 1 0], [0 2 1], [0 0 1].
PROBABILITIES = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.2, 0.7, 0.1],
        [0.1, 0.9, 0.0],
        [0.3, 0.5, 0.2],
        [0.0, 0.4, 0.6],
        [0.0, 0.0, 1.0],
    ]
)


def assert_finite(scores: Scores) -> None:
    json.dumps(scores.to_dict(), allow_nan=False)


def test_six_rows_give_the_values_worked_out_by_hand():
    scores = score(TARGETS, PROBABILITIES, LABELS)

    assert scores.rows == 6
    assert scores.accuracy == pytest.approx(4 / 6)
    assert scores.confusion == ((1, 1, 0), (0, 2, 1), (0, 0, 1))
    low, medium, high = scores.classes
    assert (low.label, low.support) == ("low", 2)
    assert (low.precision, low.recall, low.f1) == pytest.approx((1, 1 / 2, 2 / 3))
    assert (medium.precision, medium.recall, medium.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (high.precision, high.recall, high.f1) == pytest.approx((1 / 2, 1, 2 / 3))
    assert scores.macro_f1 == pytest.approx(2 / 3)
    given_to_truth = [0.8, 0.2, 0.9, 0.5, 0.4, 1.0]
    assert scores.loss == pytest.approx(-np.log(given_to_truth).sum() / 6)
    # Every confidence lies in a bin of its own but 0.9 (bin 13) and 1.0 (bin 14).
    gaps = [0.2, 0.7, 0.1, 0.5, 0.6, 0.0]
    assert scores.calibration_error == pytest.approx(sum(gaps) / 6, abs=1e-6)


def test_two_sure_rows_of_which_one_is_wrong_count_as_one_bin():
    probabilities = np.array([[1.0, 0.0], [0.95, 0.05], [0.95, 0.05]])
    scores = score(np.array([1, 0, 0]), probabilities, ("no", "yes"))

    # In one bin: confidence 2.9 / 3, two thirds right. 1.0 apart would give (1 + 2 * 0.05) / 3.
    assert scores.calibration_error == pytest.approx(0.9 / 3, abs=1e-6)


def test_probabilities_above_one_by_rounding_are_not_taken_for_logits():
    probabilities = np.array([[1.0000001, 0.0], [0.5, 0.5]], dtype=np.float32)

    scores = score(np.array([0, 0]), probabilities, ("no", "yes"))

    assert scores.calibration_error == pytest.approx(0.25, abs=1e-6)
    assert scores.loss == pytest.approx(np.log(2) / 2)


def test_a_class_that_occurs_nowhere_has_zeros_and_does_not_lower_the_macro_f1():
    scores = score(np.array([0, 1]), np.array([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0]]), LABELS)

    absent = scores.classes[2]
    assert (absent.precision, absent.recall, absent.f1, absent.support) == (0, 0, 0, 0)
    assert scores.macro_f1 == 1
    assert scores.confusion[2] == (0, 0, 0)
    assert_finite(scores)


def test_a_class_that_is_predicted_but_never_true_lowers_the_macro_f1():
    scores = score(np.array([0, 1]), np.array([[0.9, 0.1, 0.0], [0.1, 0.2, 0.7]]), LABELS)

    assert [entry.f1 for entry in scores.classes] == [1, 0, 0]
    assert scores.macro_f1 == pytest.approx(1 / 3)


def test_the_first_of_equally_probable_classes_is_predicted():
    scores = score(np.array([1]), np.array([[0.2, 0.4, 0.4]]), LABELS)

    assert scores.accuracy == 1


def test_a_single_row_is_scored():
    scores = score(np.array([0]), np.array([[0.25, 0.75]]), ("no", "yes"))

    assert (scores.rows, scores.accuracy, scores.macro_f1) == (1, 0, 0)
    assert scores.calibration_error == pytest.approx(0.75)
    assert_finite(scores)


def test_a_true_class_given_no_probability_costs_a_finite_loss():
    scores = score(np.array([1]), np.array([[1.0, 0.0]]), ("no", "yes"))

    assert scores.loss == pytest.approx(12 * np.log(10))
    assert_finite(scores)


def test_half_precision_probabilities_are_taken():
    assert score(TARGETS, PROBABILITIES.astype(np.float16), LABELS).accuracy == pytest.approx(4 / 6)


def test_groups_are_scored_apart_and_the_largest_comes_first():
    groups = ["de", "en", "en", "en", "fr", "fr"]

    found = score_by(groups, TARGETS, PROBABILITIES, LABELS)

    assert list(found) == ["en", "fr", "de"]
    assert [scores.rows for scores in found.values()] == [3, 2, 1]
    assert found["en"] == score(TARGETS[1:4], PROBABILITIES[1:4], LABELS)
    assert found["de"].accuracy == 1
    for scores in found.values():
        assert_finite(scores)


def test_the_smallest_groups_can_be_put_together():
    groups = ["en", "xx", "de", "en", "yy", "de"]

    assert largest_groups(groups, 2) == ["en", "others", "de", "en", "others", "de"]
    assert largest_groups(groups, 4) == groups


def test_groups_of_equal_size_are_sorted_by_name():
    found = score_by(["sv", "da", "sv", "da", "en", "en"], TARGETS, PROBABILITIES, LABELS)

    assert list(found) == ["da", "en", "sv"]


def test_the_majority_guess_is_the_commonest_training_label_for_every_row():
    train = np.array([0, 1, 1, 2])  # shares 1/4, 1/2, 1/4

    scores = majority_guess(train, np.array([1, 1, 2, 2]), LABELS)

    assert scores.accuracy == 0.5
    assert scores.confusion == ((0, 0, 0), (0, 2, 0), (0, 2, 0))
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert scores.loss == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert scores.calibration_error == pytest.approx(0)


def test_the_majority_guess_is_taken_from_training_even_where_the_test_split_differs():
    scores = majority_guess(np.array([0, 0, 1]), np.array([1, 1]), ("no", "yes"))

    assert scores.accuracy == 0


@pytest.mark.parametrize(
    ("targets", "probabilities", "message"),
    [
        (np.array([], dtype=int), np.zeros((0, 3)), "there are no rows to score"),
        (np.array([0]), np.array([[0.5, 0.5]]), "do not fit 3 labels"),
        (np.array([0, 1]), np.array([[1.0, 0, 0]]), "do not fit 3 labels"),
        (np.array([3]), np.array([[1.0, 0, 0]]), "class numbers from 3 to 3"),
        (np.array([-1]), np.array([[1.0, 0, 0]]), "class numbers from -1"),
        (np.array([0]), np.array([[np.nan, 0, 0]]), "not finite"),
    ],
)
def test_what_does_not_fit_together_is_refused(targets, probabilities, message):
    with pytest.raises(ValueError, match=message):
        score(targets, probabilities, LABELS)


def test_groups_must_be_as_many_as_the_rows():
    with pytest.raises(ValueError, match="1 groups for 6 rows"):
        score_by(["en"], TARGETS, PROBABILITIES, LABELS)


def test_a_majority_needs_training_rows():
    with pytest.raises(ValueError, match="no training rows"):
        majority_guess(np.array([], dtype=int), np.array([0]), LABELS)
