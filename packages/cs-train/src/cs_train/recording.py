"""Tells a run while it goes on: history.jsonl, the log, a progress bar, and the tracker."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import isfinite
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from cs_train.history import EpochPoint, StepPoint
from cs_train.tracking import Tracker

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 30  # where no bar can be drawn, a long epoch is told this often


class Recorder:
    """An observer of the training loop.

    Attributes:
        steps: what happened so far, in order.
        epochs: likewise.

    """

    def __init__(self, history: Path, tracker: Tracker, progress: Progress, total: int) -> None:
        self.steps: list[StepPoint] = []
        self.epochs: list[EpochPoint] = []
        self._history = history.open("w", encoding="utf-8", buffering=1)  # a line at a time
        self._tracker = tracker
        self._progress = progress
        self._total = total
        self._task = progress.add_task("training", total=total)
        self._last_line = time.monotonic()

    def __call__(self, point: StepPoint | EpochPoint) -> None:
        """Take note of a step or an epoch."""
        if isinstance(point, StepPoint):
            self._step(point)
        else:
            self._epoch(point)

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights are the model's; 0 before the first."""
        return max((point.epoch for point in self.epochs if point.best), default=0)

    def close(self) -> None:
        """Finish the history file."""
        self._history.close()

    def _step(self, point: StepPoint) -> None:
        self.steps.append(point)
        self._write("step", point)
        self._tracker.log(
            {
                "train/loss": point.loss,
                "train/learning_rate": point.learning_rate,
                "train/gradient_norm": point.gradient_norm,
                "train/tickets_per_second": point.tickets_per_second,
                "epoch": point.epoch,
            },
            point.step,
        )
        text = (
            f"epoch {point.epoch}  loss {point.loss:.3f}  {point.tickets_per_second:.0f} tickets/s"
        )
        self._progress.update(self._task, completed=point.step, description=text)
        now = time.monotonic()
        if self._progress.disable and now - self._last_line > _SECONDS_BETWEEN_LINES:
            _log.info("step %d/%d  %s", point.step, self._total, text)
            self._last_line = now

    def _epoch(self, point: EpochPoint) -> None:
        self.epochs.append(point)
        self._write("epoch", point)
        self._tracker.log(
            {
                "validation/loss": point.loss,
                "validation/accuracy": point.accuracy,
                "validation/macro_f1": point.macro_f1,
                "epoch": point.epoch,
            },
            point.step,
        )
        losses = [step.loss for step in self.steps if step.epoch == point.epoch]
        _log.info(
            "epoch %2d  training loss %.3f  validation loss %.3f  accuracy %.3f  macro-F1 %.3f"
            "  %.1f s%s",
            point.epoch,
            sum(losses) / len(losses),
            point.loss,
            point.accuracy,
            point.macro_f1,
            point.seconds,
            "  best so far" if point.best else "",
        )
        self._last_line = time.monotonic()

    def _write(self, kind: str, point: StepPoint | EpochPoint) -> None:
        # A gradient in fp16 may be infinite, which JSON has no word for.
        figures = {key: value if isfinite(value) else None for key, value in asdict(point).items()}
        self._history.write(json.dumps({"kind": kind, **figures}) + "\n")


@contextmanager
def recording(
    history: Path, tracker: Tracker, total_steps: int, console: Console
) -> Iterator[Recorder]:
    """Make a recorder, with a bar on a terminal and plain lines elsewhere."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        recorder = Recorder(history, tracker, progress, total_steps)
        try:
            yield recorder
        finally:
            recorder.close()
