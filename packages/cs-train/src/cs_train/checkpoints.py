"""Keeps the best models of a run on disk, each whole or not there."""

from __future__ import annotations

import shutil
from pathlib import Path

from cs_model import Classifier
from cs_train.scores import Scores


def monitored(scores: Scores, monitor: str) -> float:
    """Return the score that decides, so that more is always better."""
    return -scores.loss if monitor == "loss" else float(getattr(scores, monitor))


class Checkpoints:
    """The `keep` best epochs of a run, as model folders that `Classifier.load` reads.

    Attributes:
        best: folder of the best epoch so far, None before the first.

    """

    def __init__(self, folder: Path, keep: int) -> None:
        self._folder = folder
        self._keep = keep
        self._kept: list[tuple[float, Path]] = []  # best first

    @property
    def best(self) -> Path | None:
        """Folder of the best epoch so far, None before the first."""
        return self._kept[0][1] if self._kept else None

    def offer(self, classifier: Classifier, epoch: int, value: float) -> bool:
        """Keep a model if it is among the best; tell whether it is the best of all so far.

        Of two epochs with the same value the earlier one is better.
        """
        rank = sum(kept >= value for kept, _ in self._kept)
        if rank >= self._keep:
            return False
        target = self._folder / f"epoch-{epoch:03d}"
        classifier.save(target)
        self._kept.insert(rank, (value, target))
        for _, dropped in self._kept[self._keep :]:
            shutil.rmtree(dropped)
        del self._kept[self._keep :]
        return rank == 0
