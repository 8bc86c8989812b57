"""Cuts the training split into the batches of optimizer steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cs_train.config import TrainingConfig


def steps_per_epoch(tickets: int, config: TrainingConfig) -> int:
    """Return the number of optimizer steps of one pass over so many tickets."""
    return -(-tickets // _tickets_per_step(config))


def random_batches(
    tickets: int, config: TrainingConfig, seed: int, epoch: int, skip: int = 0
) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of each optimizer step's tickets: a uniformly random order, not sorted.

    The order depends on nothing but the seed and the epoch, so that a run can continue anywhere.

    Args:
        tickets: size of the training split.
        config: how many tickets a step takes.
        seed: of the run.
        epoch: from 1.
        skip: number of steps of this epoch that are done already.

    """
    order = np.random.default_rng([seed, epoch]).permutation(tickets)
    size = _tickets_per_step(config)
    for start in range(skip * size, tickets, size):
        yield order[start : start + size]


def _tickets_per_step(config: TrainingConfig) -> int:
    return config.batch_size * config.gradient_accumulation_steps
