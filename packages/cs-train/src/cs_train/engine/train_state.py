"""Everything that training needs in order to continue where it stopped."""

from __future__ import annotations

from typing import Any

import torch

from cs_model import Classifier
from cs_train.config import TrainingConfig
from cs_train.engine.best_models import BestModels
from cs_train.engine.optimizer import make_optimizer, make_schedule

_STATEFUL = ("optimizer", "schedule", "scaler", "best_models")
_COUNTERS = ("epoch", "step_in_epoch", "step", "epochs_without_improvement", "seconds")


class TrainState:
    """The state of a training run between two steps of the optimizer.

    The order of the tickets is no part of it: it depends on the seed and the epoch alone.

    Args:
        classifier: what is trained.
        config: decides the optimizer and its schedule.
        total_steps: optimizer steps of the complete run, over which the schedule extends.
        best_models: where the best epochs are saved.

    Attributes:
        epoch: the epoch in progress, from 1.
        step_in_epoch: optimizer steps of it that are done.
        step: optimizer steps that are done over all epochs.
        epochs_without_improvement: epochs since the best one.
        seconds: time spent so far.
    """

    def __init__(
        self,
        classifier: Classifier,
        config: TrainingConfig,
        total_steps: int,
        best_models: BestModels,
    ) -> None:
        self.classifier = classifier
        self.optimizer = make_optimizer(classifier.model, config)
        self.schedule = make_schedule(self.optimizer, config, total_steps)
        self.scaler = torch.GradScaler(
            classifier.device.type, enabled=classifier.precision == "fp16"
        )
        self.best_models = best_models
        self.epoch = 1
        self.step_in_epoch = self.step = self.epochs_without_improvement = 0
        self.seconds = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return the state as plain values and tensors.

        The tensors are those that training goes on to change: save or copy them at once.
        """
        return {
            **{name: getattr(self, name) for name in _COUNTERS},
            "model": self.classifier.model.state_dict(),
            **{name: getattr(self, name).state_dict() for name in _STATEFUL},
            "generators": _generator_states(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what `state_dict` returned, also in another process.

        The models that its ranking names must lie in the folder of `best_models`.
        """
        for name in _COUNTERS:
            setattr(self, name, state[name])
        self.classifier.model.load_state_dict(state["model"])
        for name in _STATEFUL:
            getattr(self, name).load_state_dict(state[name])
        _set_generator_states(state["generators"])


def _generator_states() -> dict[str, Any]:
    """Return the states of torch's global generators, which dropout draws from."""
    states: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        states["mps"] = torch.mps.get_rng_state()
    return states


def _set_generator_states(states: dict[str, Any]) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state_all(states["cuda"])
    if "mps" in states:
        torch.mps.set_rng_state(states["mps"])
