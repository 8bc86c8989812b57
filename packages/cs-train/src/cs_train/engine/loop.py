"""The training loop: optimizer steps, a validation after every epoch, and early stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cs_model import Classifier
from cs_model.calibration import calibrated_softmax
from cs_train.config import ConfigError, TrainingConfig
from cs_train.engine.gradients import MICRO_BATCH_TOKENS, accumulate_gradients, class_weights
from cs_train.engine.metrics import EpochMetrics, Observer, StepMetrics, TrainingStats
from cs_train.engine.temperature import fit_temperature
from cs_train.engine.train_state import TrainState
from cs_train.evaluation.scores import Scores, score
from cs_train.splits import LabelledTexts


def fit(
    state: TrainState,
    train: LabelledTexts,
    validation: LabelledTexts,
    config: TrainingConfig,
    *,
    seed: int,
    observers: Sequence[Observer] = (),
) -> TrainingStats:
    """Fine-tune the classifier of a state in place, and calibrate it after every epoch.

    Args:
        state: a new one, or one to continue from.
        train: what it learns from.
        validation: what decides which epoch is best, and when to stop.
        config: how to learn.
        seed: decides the order of the tickets. Dropout draws from torch's global generator.
        observers: are called with the metrics of every step and epoch; `state` is complete then.

    Raises:
        ConfigError: if the loss is not a finite number, or the memory of the GPU is not enough.
    """
    classifier = state.classifier
    started = time.perf_counter() - state.seconds
    weights = class_weights(train.targets, len(classifier.labels)) if config.class_weights else None
    micro_batch_tokens = config.micro_batch_tokens or MICRO_BATCH_TOKENS[classifier.device.type]
    patience = config.patience or math.inf
    while state.epoch <= config.num_epochs and state.epochs_without_improvement < patience:
        epoch, epoch_started = state.epoch, time.perf_counter()
        classifier.model.train()
        for indices in random_batches(len(train), config, seed, epoch, skip=state.step_in_epoch):
            step_started = time.perf_counter()
            learning_rate = float(state.schedule.get_last_lr()[0])
            with _explained_memory(micro_batch_tokens):
                loss, norm = _step(state, train, indices, config, micro_batch_tokens, weights)
            state.seconds = time.perf_counter() - started
            speed = len(indices) / (time.perf_counter() - step_started)
            _notify(observers, StepMetrics(state.step, loss, learning_rate, epoch, norm, speed))
        seconds = time.perf_counter() - epoch_started

        classifier.model.eval()
        with _explained_memory(micro_batch_tokens):
            scores = _validate(classifier, validation, config, state.step)
        best = state.best_models.update(classifier, epoch, scores)
        state.epochs_without_improvement = 0 if best else state.epochs_without_improvement + 1
        state.epoch, state.step_in_epoch = epoch + 1, 0
        state.seconds = time.perf_counter() - started
        figures = (scores.loss, scores.accuracy, scores.macro_f1)
        _notify(observers, EpochMetrics(epoch, state.step, *figures, best=best, seconds=seconds))
    assert state.best_models.best is not None
    best_epoch = state.best_models.best.epoch
    return TrainingStats(state.step, state.epoch - 1, state.seconds, best_epoch)


def steps_per_epoch(tickets: int, config: TrainingConfig) -> int:
    """Return the number of optimizer steps of one pass over so many tickets."""
    return math.ceil(tickets / config.tickets_per_step)


def random_batches(
    tickets: int, config: TrainingConfig, seed: int, epoch: int, skip: int = 0
) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of each optimizer step's tickets: a uniformly random order, not sorted.

    The order depends on nothing but the seed and the epoch (from 1), so that a run can continue
    anywhere: `skip` is the number of steps of this epoch that are done already.
    """
    order = np.random.default_rng([seed, epoch]).permutation(tickets)
    size = config.tickets_per_step
    for start in range(skip * size, tickets, size):
        yield order[start : start + size]


def _notify(observers: Sequence[Observer], metrics: StepMetrics | EpochMetrics) -> None:
    for observer in observers:
        observer(metrics)


def _step(
    state: TrainState,
    train: LabelledTexts,
    indices: NDArray[np.int64],
    config: TrainingConfig,
    micro_batch_tokens: int,
    weights: torch.Tensor | None,
) -> tuple[float, float]:
    """Take one step of the optimizer; return the loss, and the norm of the gradient."""
    classifier = state.classifier
    loss = accumulate_gradients(
        classifier, train, indices, micro_batch_tokens, weights, state.scaler
    )
    if not math.isfinite(loss):
        raise _diverged(f"the loss is {loss}", state.step + 1, config)
    state.scaler.unscale_(state.optimizer)
    limit = config.gradient_clip or math.inf
    norm = nn.utils.clip_grad_norm_(classifier.model.parameters(), limit).item()
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.optimizer.zero_grad(set_to_none=True)
    state.schedule.step()
    state.step += 1
    state.step_in_epoch += 1
    return loss, norm


def _validate(
    classifier: Classifier, validation: LabelledTexts, config: TrainingConfig, step: int
) -> Scores:
    """Score the validation split, and fit the temperature on it."""
    logits = classifier.logits(validation.encoded)
    if not np.isfinite(logits).all():
        raise _diverged("the logits of the validation split are not finite", step, config)
    classifier.temperature = fit_temperature(logits, validation.targets)
    return score(validation.targets, calibrated_softmax(logits, temperature=1), classifier.labels)


@contextmanager
def _explained_memory(micro_batch_tokens: int) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ConfigError(
            f"the GPU is out of memory: lower training.micro_batch_tokens ({micro_batch_tokens}) "
            "or model.max_length, or use a smaller model"
        ) from error


def _diverged(what: str, step: int, config: TrainingConfig) -> ConfigError:
    return ConfigError(
        f"{what} at step {step}: lower training.learning_rate ({config.learning_rate}), set "
        "training.gradient_clip=1, or use precision=fp32"
    )
