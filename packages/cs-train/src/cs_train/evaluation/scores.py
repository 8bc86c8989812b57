"""Scores predictions: accuracy, F1, loss, calibration error and the confusion matrix.

torchmetrics does the arithmetic; this module decides what goes in and what an absent class means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

CALIBRATION_BINS = 15
SCORE_NAMES = {"macro_f1": "macro-F1", "accuracy": "accuracy", "loss": "loss"}
"""What people call the scores that `training.monitor` chooses from."""

# The loss of a row whose true class was given no probability at all would be infinite, which no
# JSON file can hold; such a row counts as one that was given this probability.
_LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class ClassScores:
    """One class against all others; `support` is how many rows truly belong to it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Scores:
    """Scores of a set of predictions; plain Python numbers, all finite."""

    rows: int
    accuracy: float
    macro_f1: float
    loss: float
    """Mean negative log-likelihood of the true class, in nats."""
    calibration_error: float
    """Expected calibration error of the winning class (Guo et al., 2017, arXiv:1706.04599)."""
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the true classes, columns the predicted ones, both in the order of `classes`."""

    def value_of(self, monitor: str) -> float:
        """Return the score that `training.monitor` names, the loss negated: more is better."""
        return -self.loss if monitor == "loss" else float(getattr(self, monitor))

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as dictionaries, tuples and numbers, fit for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scores:
        """Undo `to_dict`, also after a way through JSON."""
        classes = tuple(ClassScores(**each) for each in values["classes"])
        confusion = tuple(tuple(row) for row in values["confusion"])
        return cls(**{**values, "classes": classes, "confusion": confusion})


def score(targets: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> Scores:
    """Return how well predicted probabilities fit the true classes.

    A row is predicted to be its most probable class, the first of them if several tie. A class
    that never occurs, neither in `targets` nor as a prediction, gets zeros and is left out of the
    macro-F1; one that occurs on one side only counts there with an F1 of 0. Where a ratio has
    nothing to divide by (precision of a class never predicted, recall of one never seen) it is 0.

    Args:
        targets: Class numbers, shape [rows], from 0 to `len(labels) - 1`.
        probabilities: Shape [rows, labels], each row summing to 1.
        labels: The classes' names, at least two.

    Raises:
        ValueError: If there are no rows, or the shapes or class numbers do not fit together.
    """
    # Imported here because torchmetrics imports matplotlib.
    import torch
    from torchmetrics.functional.classification import (
        multiclass_calibration_error,
        multiclass_confusion_matrix,
        multiclass_f1_score,
        multiclass_precision,
        multiclass_recall,
    )

    targets, probabilities = _checked(targets, probabilities, labels)
    true = torch.from_numpy(targets)
    predicted = torch.from_numpy(probabilities.argmax(axis=1))
    count = len(labels)
    # torchmetrics puts a probability of exactly 1 into a bin of its own, and takes anything above
    # 1, if only by rounding, for logits.
    below_one = np.nextafter(np.float32(1), np.float32(0))
    confidences = torch.from_numpy(probabilities.astype(np.float32).clip(0, below_one))

    # torchmetrics' own checks are costly for many rows; `_checked` has made them.
    precision = multiclass_precision(predicted, true, count, average="none", validate_args=False)
    recall = multiclass_recall(predicted, true, count, average="none", validate_args=False)
    f1 = multiclass_f1_score(predicted, true, count, average="none", validate_args=False)
    macro_f1 = multiclass_f1_score(predicted, true, count, average="macro", validate_args=False)
    calibration_error = multiclass_calibration_error(
        confidences, true, count, n_bins=CALIBRATION_BINS, norm="l1", validate_args=False
    )
    confusion = multiclass_confusion_matrix(predicted, true, count, validate_args=False).tolist()
    true_class_probabilities = probabilities[np.arange(len(targets)), targets]
    return Scores(
        rows=len(targets),
        accuracy=float(np.mean(predicted.numpy() == targets)),
        macro_f1=macro_f1.item(),
        loss=float(-np.log(true_class_probabilities.clip(_LEAST_PROBABILITY, 1)).mean()),
        calibration_error=calibration_error.item(),
        classes=tuple(
            ClassScores(*values)
            for values in zip(
                labels,
                precision.tolist(),
                recall.tolist(),
                f1.tolist(),
                (sum(row) for row in confusion),
                strict=True,
            )
        ),
        confusion=tuple(tuple(row) for row in confusion),
    )


def score_by(
    groups: Sequence[str],
    targets: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
) -> dict[str, Scores]:
    """Return the scores of each group, for example of each language; the largest comes first.

    `groups` is the group of each row, shape [rows]; the rest is as in `score`. Groups of equal size
    are sorted by name.

    Raises:
        ValueError: As in `score`, and if `groups` is not as long as `targets`.
    """
    if len(groups) != len(targets):
        raise ValueError(f"{len(groups)} groups for {len(targets)} rows")
    names = np.asarray(groups, dtype=object)
    sizes = sorted(Counter(groups).items(), key=lambda item: (-item[1], item[0]))
    found = {}
    for name, _ in sizes:
        members = names == name
        found[name] = score(targets[members], probabilities[members], labels)
    return found


def largest_groups(groups: Sequence[str], max_groups: int) -> list[str]:
    """Return the groups with all but the `max_groups` largest merged into "others"."""
    kept = {name for name, _ in Counter(groups).most_common(max_groups)}
    return [name if name in kept else "others" for name in groups]


def _checked(
    targets: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays in the types that torchmetrics expects; raise where they do not fit."""
    targets = np.asarray(targets)
    probabilities = np.asarray(probabilities)
    if len(targets) == 0:
        raise ValueError("there are no rows to score")
    if targets.ndim != 1 or probabilities.shape != (len(targets), len(labels)):
        raise ValueError(
            f"targets of shape {targets.shape} and probabilities of shape {probabilities.shape}"
            f" do not fit {len(labels)} labels"
        )
    if targets.min() < 0 or targets.max() >= len(labels):
        raise ValueError(
            f"class numbers from {targets.min()} to {targets.max()} do not fit {len(labels)} labels"
        )
    if not np.isfinite(probabilities).all():
        raise ValueError("some probabilities are not finite numbers")
    return targets.astype(np.int64), probabilities.astype(np.float64)
