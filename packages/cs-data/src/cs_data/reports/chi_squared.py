"""Pearson's chi-squared test of whether two groups differ more than by chance."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_MIN_EXPECTED = 5
_DRAWS = 1_999


def chi_squared_test(counts: npt.NDArray[np.int64]) -> tuple[float, float] | None:
    """Test whether the kinds have the same shares in two groups (homogeneity).

    Where fewer than five are expected of a kind in a group, the distribution of the statistic is
    drawn (1,999 tables with the same margins, always the same ones) instead of approximated.

    Args:
        counts: how many there are of each kind (columns) in each of the two groups (rows).

    Returns:
        The p-value, and Cramér's V: the size of the difference, 0 to 1 (Cramér, Mathematical
        Methods of Statistics, 1946). None if a group is empty, or if there is only one kind.
    """
    counts = counts[:, counts.any(axis=0)]
    groups, kinds, total = counts.sum(axis=1), counts.sum(axis=0), int(counts.sum())
    if len(kinds) < 2 or not groups.all():
        return None
    expected = np.outer(groups, kinds) / total
    # In both groups a kind deviates by as much, since its count in all is given.
    weights = (1 / expected).sum(axis=0)
    statistic = float(np.square(counts[0] - expected[0]) @ weights)
    if expected.min() >= _MIN_EXPECTED:
        p_value = _chi_squared_tail(statistic, len(kinds) - 1)
    else:
        draw = np.random.default_rng(0).multivariate_hypergeometric
        drawn = np.square(draw(kinds, groups[0], size=_DRAWS) - expected[0]) @ weights
        at_least = int(np.count_nonzero(drawn >= statistic * (1 - 1e-12)))
        p_value = (at_least + 1) / (_DRAWS + 1)
    return p_value, math.sqrt(statistic / total)


def _chi_squared_tail(statistic: float, degrees: int) -> float:
    """Return the probability of a larger statistic.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5; in logarithms,
    since powers and factorials of hundreds of degrees of freedom overflow.
    """
    half = statistic / 2
    if half == 0:
        return 1.0
    exponents = [degrees % 2 / 2 + at for at in range(degrees // 2)]
    terms = (math.exp(a * math.log(half) - half - math.lgamma(a + 1)) for a in exponents)
    return math.fsum(terms) + (math.erfc(math.sqrt(half)) if degrees % 2 else 0.0)
