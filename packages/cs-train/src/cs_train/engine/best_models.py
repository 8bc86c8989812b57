"""Saves the best models of a run: what it is for, unlike a checkpoint to continue from."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cs_model import Classifier
from cs_train.evaluation.scores import Scores


@dataclass(frozen=True)
class SavedModel:
    """The model of one epoch, as a folder that `Classifier.load` reads."""

    epoch: int
    folder: Path
    scores: Scores  # of the validation split


class BestModels:
    """The best epochs of a run so far, at most `keep` of them.

    Args:
        folder: where each model gets a folder of its own.
        keep: number of models that are kept.
        monitor: the validation score that decides: macro_f1, accuracy or loss.
    """

    def __init__(self, folder: Path, *, keep: int, monitor: str) -> None:
        self.folder = folder
        self._keep = keep
        self._monitor = monitor
        self._ranking: list[SavedModel] = []

    @property
    def best(self) -> SavedModel | None:
        """The best epoch so far, None before the first."""
        return self._ranking[0] if self._ranking else None

    def update(self, classifier: Classifier, epoch: int, scores: Scores) -> bool:
        """Save a model if it is among the best; return whether it is the best of all so far.

        Of two epochs with the same score the earlier one is better. Epochs count from 1; the scores
        are those of the validation split.
        """
        value = scores.value_of(self._monitor)
        rank = sum(saved.scores.value_of(self._monitor) >= value for saved in self._ranking)
        if rank >= self._keep:
            return False
        target = self._path(epoch)
        classifier.save(target)
        self._ranking.insert(rank, SavedModel(epoch, target, scores))
        for dropped in self._ranking[self._keep :]:
            shutil.rmtree(dropped.folder)
        del self._ranking[self._keep :]
        return rank == 0

    def state_dict(self) -> dict[str, Any]:
        """Return the ranking; the models themselves are on disk."""
        return {"ranking": [(saved.epoch, saved.scores.to_dict()) for saved in self._ranking]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a ranking of models in this folder."""
        self._ranking = [
            SavedModel(epoch, self._path(epoch), Scores.from_dict(scores))
            for epoch, scores in state["ranking"]
        ]

    def _path(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:03d}"
