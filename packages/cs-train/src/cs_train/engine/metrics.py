"""What the training loop reports: metrics of every step and epoch, and totals at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StepMetrics:
    """One step of the optimizer."""

    step: int  # from 1, over all epochs
    loss: float  # mean over the tickets of the step
    learning_rate: float
    epoch: int  # from 1
    gradient_norm: float  # before clipping
    tickets_per_second: float


@dataclass(frozen=True)
class EpochMetrics:
    """Validation scores after one pass over the training split."""

    epoch: int
    step: int
    loss: float
    accuracy: float
    macro_f1: float
    best: bool  # better than every epoch before it
    seconds: float  # of training, without the validation


@dataclass(frozen=True)
class TrainingStats:
    """Totals of a finished training run."""

    steps: int
    epochs: int
    seconds: float  # of training, validation, and saving the best models
    best_epoch: int  # the epoch whose weights the model has


Observer = Callable[[StepMetrics | EpochMetrics], None]
