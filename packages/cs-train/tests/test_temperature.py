from __future__ import annotations

import numpy as np
import pytest

from cs_model.calibration import calibrated_softmax
from cs_train.engine.temperature import fit_temperature
from cs_train.evaluation.scores import score


def overconfident(rows=4000, factor=3.0):
    """Draw classes from known probabilities, and return logits that are `factor` times too sure."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(rows, 3))
    shares = calibrated_softmax(logits, 1)
    targets = (shares.cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    return (factor * logits).astype(np.float32), targets


def test_the_temperature_undoes_overconfidence():
    logits, targets = overconfident(factor=3.0)
    assert fit_temperature(logits, targets) == pytest.approx(3.0, rel=0.1)


def test_calibrated_probabilities_err_less_and_change_no_class():
    logits, targets = overconfident()
    fitted = calibrated_softmax(logits, fit_temperature(logits, targets))
    raw = calibrated_softmax(logits, 1)
    labels = ("a", "b", "c")
    assert (fitted.argmax(axis=1) == raw.argmax(axis=1)).all()
    before, after = score(targets, raw, labels), score(targets, fitted, labels)
    assert after.calibration_error < 0.03 < before.calibration_error
    assert after.loss < before.loss


def test_a_split_without_mistakes_does_not_ask_for_infinite_confidence():
    targets = np.array([0, 1, 0, 1])
    logits = np.eye(2, dtype=np.float32)[targets] * 5
    assert 0.05 <= fit_temperature(logits, targets) < 1
