"""Random choices that are the same on every platform and in every version of Python.

Python promises that only for `Random.random()`, so everything here is made from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def happens(random: Random, probability: float) -> bool:
    """Return True with the given probability."""
    return random.random() < probability


def between(random: Random, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`, both included."""
    return least + int(random.random() * (most - least + 1))


def pick(random: Random, items: Sequence[T]) -> T:
    """Return one of the items, each equally likely."""
    return items[int(random.random() * len(items))]


def pick_weighted(random: Random, items: Sequence[tuple[T, float]]) -> T:
    """Return one of the items, given as pairs of item and weight."""
    rest = random.random() * sum(weight for _, weight in items)
    for item, weight in items:
        rest -= weight
        if rest < 0:
            return item
    return items[-1][0]


def shuffled(random: Random, items: Sequence[T]) -> list[T]:
    """Return the items in random order."""
    rest = list(items)
    return [rest.pop(int(random.random() * len(rest))) for _ in items]
