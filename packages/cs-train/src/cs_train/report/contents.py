"""What a report is made of: the record of one training run and its answers on the test split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class StepPoint:
    """One optimiser step."""

    step: int
    loss: float
    learning_rate: float


@dataclass(frozen=True)
class EpochPoint:
    """The validation split after one epoch; `best` marks the epoch whose weights were kept.

    If several epochs are marked, because each was the best when it ended, the last of them counts.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    macro_f1: float
    best: bool


@dataclass(frozen=True)
class Report:
    """Everything the page shows; what can be computed from the answers is not repeated here."""

    title: str
    label_column: str
    """What is predicted, as the data calls it: "priority"."""
    labels: tuple[str, ...]
    steps: Sequence[StepPoint]
    epochs: Sequence[EpochPoint]
    monitor: Literal["macro_f1", "accuracy", "loss"]
    """Which validation figure chose the best epoch."""
    train_targets: np.ndarray
    """Class numbers of the training split, [training rows]: where the majority guess comes from."""
    texts: Sequence[str]
    """The tickets of the test split, as are the next three, all of the same length."""
    languages: Sequence[str]
    targets: np.ndarray
    """Class numbers, [rows]."""
    probabilities: np.ndarray
    """[rows, labels], each row summing to 1."""
    facts: Mapping[str, Mapping[str, str]]
    """Section, name and value of what was run on which data."""
    command: str
    """What to type to try the model."""
