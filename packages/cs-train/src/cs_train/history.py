"""What a training run tells about itself while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StepPoint:
    """One step of the optimiser."""

    step: int  # from 1, over all epochs
    loss: float  # mean over the tickets of the step
    learning_rate: float
    epoch: int  # from 1
    gradient_norm: float  # before clipping
    tickets_per_second: float


@dataclass(frozen=True)
class EpochPoint:
    """The validation scores after one pass over the training split."""

    epoch: int
    step: int
    loss: float
    accuracy: float
    macro_f1: float
    best: bool  # better than every epoch before it
    seconds: float  # of training, without the validation


Observer = Callable[[StepPoint | EpochPoint], None]
