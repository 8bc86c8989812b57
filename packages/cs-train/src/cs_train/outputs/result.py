"""What a finished run produced: the one thing that every output is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cs_train.config import Config
from cs_train.engine.metrics import EpochMetrics, StepMetrics, TrainingStats
from cs_train.evaluation.evaluate import EvaluationResult
from cs_train.evaluation.scores import Scores

Facts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Suggestion:
    """A shell command that classifies a ticket, and the label that it prints."""

    command: str
    label: str


@dataclass(frozen=True)
class RunResult:
    """Everything that is known of a finished run; the summary, the files and W&B read it."""

    config: Config
    folder: Path
    """Where everything is written."""
    labels: tuple[str, ...]
    train_labels: Mapping[str, int]
    """Tickets of the training split by label, in the labels' order."""
    steps: Sequence[StepMetrics]
    epochs: Sequence[EpochMetrics]
    training: TrainingStats
    validation: Scores
    """Of the best epoch."""
    test: EvaluationResult
    """Of the best epoch's model, calibrated."""
    facts: Facts
    """Section, name and value of what was run on which data."""
    suggestion: Suggestion
    """What to type to try the model."""
    max_accuracy: float = 1.0
    """Highest accuracy that is possible on the test split: less than 1 where identical tickets have
    different labels."""
    caveat: str | None = None
    """What the model is not good for, in a sentence."""
    uploaded_to: str | None = None
    """Where a job's model was copied to."""

    @property
    def label_column(self) -> str:
        """What is predicted, as the data calls it: "priority"."""
        return self.config.dataset.label_column

    @property
    def title(self) -> str:
        """What was learned from which file or data set: "tickets.xlsx: Priorität"."""
        dataset = self.config.dataset
        return f"{Path(dataset.path).name if dataset.path else dataset.name}: {self.label_column}"

    @property
    def has_languages(self) -> bool:
        """Whether there are scores by language to show: the tickets state their language."""
        return list(self.test.by_language) != ["und"]

    @property
    def accuracy_limit(self) -> str | None:
        """The highest accuracy that is possible on the test split, in a sentence; None if 100%."""
        limit = f"{self.max_accuracy:.1%}"
        if limit == "100.0%":
            return None
        return (
            f"No model can be right on more than {limit} of these tickets: some have the same text "
            "and different labels."
        )

    @property
    def best_epoch(self) -> EpochMetrics | None:
        """The epoch whose weights the model has; None if its metrics are not known."""
        best = self.training.best_epoch
        return next((epoch for epoch in self.epochs if epoch.epoch == best), None)

    @property
    def model(self) -> Path:
        """The folder of the trained model."""
        return self.folder / "model"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.folder / "report.html"

    @property
    def metrics(self) -> Path:
        """The figures for programs."""
        return self.folder / "metrics.json"

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `metrics.json`."""
        test = self.test
        return {
            "validation": self.validation.to_dict(),
            "test": test.scores.to_dict(),
            "test_max_accuracy": self.max_accuracy,
            **{name.replace(" ", "_"): one.to_dict() for name, one in test.baselines.items()},
            "test_by_language": {name: one.to_dict() for name, one in test.by_language.items()},
            "training": asdict(self.training),
            "facts": self.facts,
        }
