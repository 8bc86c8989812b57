"""A believable finished run, made without training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cs_train.config import Config, DatasetConfig, TrainingConfig
from cs_train.engine.metrics import EpochMetrics, StepMetrics, TrainingStats
from cs_train.evaluation.evaluate import score_answers
from cs_train.outputs.result import RunResult, Suggestion

LABELS = ("low", "medium", "high")
BEST_EPOCH = 2


def make_result(
    folder: Path,
    *,
    rows: int = 200,
    labels: Sequence[str] = LABELS,
    languages: Sequence[str] = ("en", "de"),
    texts: Sequence[str] | None = None,
    targets: np.ndarray | None = None,
    probabilities: np.ndarray | None = None,
    epochs: int | Sequence[EpochMetrics] = 3,
    steps: int | Sequence[StepMetrics] = 40,
    name: str = "quickstart",
    label_column: str = "priority",
    monitor: str = "macro_f1",
    facts: dict[str, dict[str, str]] | None = None,
    suggestion: Suggestion | None = None,
    max_accuracy: float = 1.0,
    caveat: str | None = None,
) -> RunResult:
    """Make a run from a fixed seed; what is given takes the place of what would be drawn."""
    random = np.random.default_rng(7)
    drawn = random.integers(0, len(labels), rows)
    logits = random.normal(size=(rows, len(labels)))
    logits[np.arange(rows), drawn] += 1.5
    if targets is None:
        targets = drawn
    if probabilities is None:
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if isinstance(steps, int):
        steps = [
            StepMetrics(step, 1.1 / step, 1e-4 * step, 1, 1.0, 100.0)
            for step in range(1, steps + 1)
        ]
    if isinstance(epochs, int):
        epochs = [
            EpochMetrics(n, n * 10, 1 / n, 1 - 0.5 / n, 1 - 0.6 / n, n == BEST_EPOCH, 1.0)
            for n in range(1, epochs + 1)
        ]
    train_targets = np.arange(8 * rows) % len(labels)
    test = score_answers(
        texts or [f"Ticket {row}\n\nNothing works." for row in range(rows)],
        [languages[row % len(languages)] for row in range(rows)],
        targets,
        probabilities,
        labels=labels,
        train_targets=train_targets,
    )
    counts = np.bincount(train_targets, minlength=len(labels)).tolist()
    return RunResult(
        config=Config(
            name=name,
            dataset=DatasetConfig(label_column=label_column),
            training=TrainingConfig(monitor=monitor),
        ),
        folder=folder,
        labels=tuple(labels),
        train_labels=dict(zip(labels, counts, strict=True)),
        steps=steps,
        epochs=epochs,
        training=TrainingStats(len(steps), len(epochs), 60.0, BEST_EPOCH),
        validation=test.scores,
        test=test,
        facts=facts
        if facts is not None
        else {"Data": {"md5": "2625fbf557f24cb4304b9d0614e33353"}, "Model": {"name": "tiny"}},
        suggestion=suggestion or Suggestion('cs-model predict model "Our shop is down"', "high"),
        max_accuracy=max_accuracy,
        caveat=caveat,
    )
