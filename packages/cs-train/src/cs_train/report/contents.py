"""What a report is made of: the record of one training run and its answers on the test split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cs_train.history import EpochPoint, StepPoint
from cs_train.suggestion import Suggestion


@dataclass(frozen=True)
class Report:
    """Everything the page shows; what can be computed from the answers is not repeated here."""

    title: str
    label_column: str
    """What is predicted, as the data calls it: "priority"."""
    labels: tuple[str, ...]
    steps: Sequence[StepPoint]
    epochs: Sequence[EpochPoint]
    """If several are marked as best, each when it ended, the last of them counts."""
    monitor: str
    """Which validation figure chose the best epoch: macro_f1, accuracy or loss."""
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
    suggestion: Suggestion
    """What to type to try the model."""
    caveat: str | None = None
    """What the model is not good for, in a sentence."""
