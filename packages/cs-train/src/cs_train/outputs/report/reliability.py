"""Groups answers by how sure the model was, to compare its certainty with how often it is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cs_train.evaluation.scores import CALIBRATION_BINS


@dataclass(frozen=True)
class CalibrationBin:
    """The rows whose winning probability lies in one of equally wide ranges from 0 to 1."""

    low: float
    high: float
    rows: int
    confidence: float
    """Mean winning probability."""
    accuracy: float


def calibration_bins(targets: np.ndarray, probabilities: np.ndarray) -> list[CalibrationBin]:
    """Fill the ranges that the calibration error of `cs_train.evaluation.scores` is computed from.

    Ranges without rows are left out.

    Args:
        targets: Class numbers, shape [rows].
        probabilities: Shape [rows, labels].
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    number = (confidence * CALIBRATION_BINS).astype(int).clip(0, CALIBRATION_BINS - 1)
    bins = []
    for index in np.unique(number).tolist():
        members = number == index
        bins.append(
            CalibrationBin(
                low=index / CALIBRATION_BINS,
                high=(index + 1) / CALIBRATION_BINS,
                rows=int(members.sum()),
                confidence=float(confidence[members].mean()),
                accuracy=float(right[members].mean()),
            )
        )
    return bins
