"""Scores what needs no transformer, for comparison."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cs_train.evaluation.scores import Scores, score

MAJORITY_GUESS = "majority guess"


def score_baselines(
    train_targets: np.ndarray, targets: np.ndarray, labels: Sequence[str]
) -> dict[str, Scores]:
    """Return the scores of every baseline on the test split, by name.

    Args:
        train_targets: Class numbers of the training split, shape [any].
        targets: Class numbers of the test split, shape [rows].
        labels: The classes' names.
    """
    return {MAJORITY_GUESS: majority_guess(train_targets, targets, labels)}


def majority_guess(train_targets: np.ndarray, targets: np.ndarray, labels: Sequence[str]) -> Scores:
    """Return the scores of the training split's most common label as the answer to every ticket.

    As probabilities it gives every row the shares of the labels in the training split. If two
    labels are equally common, the first is guessed.

    Args:
        train_targets: Class numbers of the training split, shape [any].
        targets: Class numbers to be guessed, shape [rows].
        labels: The classes' names.

    Raises:
        ValueError: If either split is empty, or a class number does not fit the labels.
    """
    if len(train_targets) == 0:
        raise ValueError("there are no training rows to find the most common label of")
    counts = np.bincount(train_targets, minlength=len(labels))
    shares = counts / counts.sum()
    return score(targets, np.tile(shares, (len(targets), 1)), labels)
