"""How far a score may be from what it would be on all tickets of the same kind."""

from __future__ import annotations

from math import sqrt

import numpy as np

from cs_train.evaluation.scores import Scores

_Z = 1.959964  # of a two-sided 95 % interval
_RESAMPLES = 1000
_SEED = 0  # the same scores have the same interval


def accuracy_interval(scores: Scores) -> tuple[float, float]:
    """Return the 95 % interval of the accuracy: Wilson's score interval (1927).

    Tickets count as independent, so where many resemble each other the true one is wider.
    """
    n, share = scores.rows, scores.accuracy
    middle = share + _Z**2 / (2 * n)
    half = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return (middle - half) / (1 + _Z**2 / n), (middle + half) / (1 + _Z**2 / n)


def macro_f1_interval(scores: Scores) -> tuple[float, float]:
    """Return the 95 % interval of the macro-F1: percentiles of a bootstrap over the tickets.

    To draw tickets with replacement is to draw cells of the confusion matrix.
    """
    confusion = np.asarray(scores.confusion)
    true, predicted = np.nonzero(confusion)
    counts = confusion[true, predicted]
    generator = np.random.default_rng(_SEED)
    labels, drawn = len(confusion), []
    for _ in range(_RESAMPLES):
        cells = generator.multinomial(scores.rows, counts / counts.sum())
        rows = np.bincount(true, cells, labels)
        columns = np.bincount(predicted, cells, labels)
        right = np.bincount(true[true == predicted], cells[true == predicted], labels)
        there = rows + columns > 0
        drawn.append((2 * right[there] / (rows + columns)[there]).mean())
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
