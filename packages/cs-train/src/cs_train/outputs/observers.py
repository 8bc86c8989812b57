"""Observers of the training loop: the history on disk, and a bar or log lines for people."""

from __future__ import annotations

import json
import logging
import time
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

from cs_train.engine.metrics import EpochMetrics, StepMetrics

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 30  # during a long epoch, where no bar can be drawn


class History:
    """The metrics of a run, in memory and as a line of JSON for every step and epoch.

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
        """Record the metrics of a step or an epoch."""
        if isinstance(metrics, StepMetrics):
            self.steps.append(metrics)
            kind = "step"
        else:
            self.epochs.append(metrics)
            kind = "epoch"
        # A gradient in fp16 may be infinite, which JSON has no word for.
        figures = {key: x if isfinite(x) else None for key, x in asdict(metrics).items()}
        self._file.write(json.dumps({"kind": kind, **figures}) + "\n")


class TrainingProgress:
    """A progress bar, with a log line for each epoch; more log lines where there is no terminal."""

    def __init__(self, console: Console, total_steps: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._total = total_steps
        self._task = self._progress.add_task("training", total=total_steps)
        self._losses: list[float] = []  # of the epoch in progress
        self._last_line = time.monotonic()

    def __enter__(self) -> TrainingProgress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, metrics: StepMetrics | EpochMetrics) -> None:
        """Show the metrics of a step or an epoch."""
        if isinstance(metrics, StepMetrics):
            self._show_step(metrics)
        else:
            self._show_epoch(metrics)

    def _show_step(self, step: StepMetrics) -> None:
        self._losses.append(step.loss)
        text = f"epoch {step.epoch}  loss {step.loss:.3f}  {step.tickets_per_second:.0f} tickets/s"
        self._progress.update(self._task, completed=step.step, description=text)
        now = time.monotonic()
        if self._progress.disable and now - self._last_line > _SECONDS_BETWEEN_LINES:
            _log.info("step %d/%d  %s", step.step, self._total, text)
            self._last_line = now

    def _show_epoch(self, epoch: EpochMetrics) -> None:
        _log.info(
            "epoch %2d  training loss %.3f  validation loss %.3f  accuracy %.3f  macro-F1 %.3f"
            "  %.1f s%s",
            epoch.epoch,
            sum(self._losses) / max(1, len(self._losses)),
            epoch.loss,
            epoch.accuracy,
            epoch.macro_f1,
            epoch.seconds,
            "  best so far" if epoch.best else "",
        )
        self._losses.clear()
        self._last_line = time.monotonic()
