"""Keeps the metrics of a run: in memory, and in history.jsonl as they come."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from pathlib import Path

from cs_train.engine.metrics import EpochMetrics, StepMetrics


class History:
    """An observer of the training loop that writes a line for every step and epoch.

    Attributes:
        steps: metrics so far, in order.
        epochs: likewise.

    """

    def __init__(self, path: Path) -> None:
        self.steps: list[StepMetrics] = []
        self.epochs: list[EpochMetrics] = []
        self._path = path

    def __enter__(self) -> History:
        self._file = self._path.open("w", encoding="utf-8", buffering=1)  # a line at a time
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __call__(self, metrics: StepMetrics | EpochMetrics) -> None:
        """Keep the metrics of a step or an epoch."""
        if isinstance(metrics, StepMetrics):
            self.steps.append(metrics)
            kind = "step"
        else:
            self.epochs.append(metrics)
            kind = "epoch"
        # A gradient in fp16 may be infinite, which JSON has no word for.
        figures = {key: x if isfinite(x) else None for key, x in asdict(metrics).items()}
        self._file.write(json.dumps({"kind": kind, **figures}) + "\n")
