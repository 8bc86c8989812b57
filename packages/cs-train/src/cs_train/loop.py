"""The training loop: random batches cut into micro-batches by length, and early stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cs_model import Classifier
from cs_model.backends.torch_backend import forward
from cs_model.calibration import calibrated_softmax
from cs_model.encoding import token_batches
from cs_train.calibration import fit_temperature
from cs_train.checkpoints import Checkpoints, monitored
from cs_train.config import ConfigError, TrainingConfig
from cs_train.history import EpochPoint, Observer, StepPoint
from cs_train.labelled_texts import LabelledTexts
from cs_train.optimization import make_optimizer, make_schedule
from cs_train.scores import score

# Padded tokens of a micro-batch. A CPU loses nothing by small ones, and pays for each pad; a GPU
# is idle without large ones.
_MICRO_BATCH_TOKENS = {"cpu": 1024, "cuda": 16384, "mps": 8192}


@dataclass(frozen=True)
class Outcome:
    """What is known when the loop ends; the best model lies in the checkpoints."""

    steps: int
    epochs: int
    seconds: float  # of training, validation, and keeping the best


def steps_per_epoch(tickets: int, config: TrainingConfig) -> int:
    """Return how many optimiser steps one pass over so many tickets makes."""
    return -(-tickets // (config.batch_size * config.gradient_accumulation_steps))


def fit(
    classifier: Classifier,
    train: LabelledTexts,
    validation: LabelledTexts,
    config: TrainingConfig,
    *,
    seed: int,
    checkpoints: Checkpoints,
    observer: Observer,
) -> Outcome:
    """Fine-tune a classifier in place, and calibrate it after every epoch.

    Args:
        classifier: starts from the weights it has.
        train: what it learns from.
        validation: what decides which epoch is best, and when to stop.
        config: how to learn.
        seed: decides the order of the tickets. Dropout draws from torch's global generator.
        checkpoints: is offered the model after every epoch.
        observer: is told of every step and epoch.

    Raises:
        ConfigError: if the loss is not a finite number, or the memory of the GPU is not enough.

    """
    started = time.perf_counter()
    model = classifier.model
    optimizer = make_optimizer(model, config)
    total_steps = config.num_epochs * steps_per_epoch(len(train), config)
    schedule = make_schedule(optimizer, config, total_steps)
    scaler = torch.GradScaler(classifier.device.type, enabled=classifier.precision == "fp16")
    weights = (
        _class_weights(train.targets, len(classifier.labels)) if config.class_weights else None
    )
    step = epochs_without_gain = 0

    for epoch in range(1, config.num_epochs + 1):
        model.train()
        epoch_started = time.perf_counter()
        for indices in _random_batches(len(train), config, seed, epoch):
            step_started = time.perf_counter()
            learning_rate = float(schedule.get_last_lr()[0])
            with _memory_explained(classifier.device, config):
                loss = _accumulate_gradients(classifier, train, indices, config, weights, scaler)
                step += 1
                if not math.isfinite(loss):
                    raise _diverged(f"the loss is {loss}", step, config)
                scaler.unscale_(optimizer)
                limit = config.gradient_clip or float("inf")
                norm = nn.utils.clip_grad_norm_(model.parameters(), limit).item()
                scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
            speed = len(indices) / (time.perf_counter() - step_started)
            observer(StepPoint(step, loss, learning_rate, epoch, norm, speed))
        seconds = time.perf_counter() - epoch_started

        model.eval()
        with _memory_explained(classifier.device, config):
            logits = classifier.logits(validation.encoded)
        if not np.isfinite(logits).all():
            raise _diverged("the answers to the validation split are no numbers", step, config)
        probabilities = calibrated_softmax(logits, temperature=1)
        scores = score(validation.targets, probabilities, classifier.labels)
        classifier.temperature = fit_temperature(logits, validation.targets)
        best = checkpoints.offer(classifier, epoch, monitored(scores, config.monitor))
        epochs_without_gain = 0 if best else epochs_without_gain + 1
        observer(
            EpochPoint(epoch, step, scores.loss, scores.accuracy, scores.macro_f1, best, seconds)
        )
        if config.patience is not None and epochs_without_gain >= config.patience:
            break
    return Outcome(step, epoch, time.perf_counter() - started)


@contextmanager
def _memory_explained(device: torch.device, config: TrainingConfig) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        budget = _micro_batch_tokens(device, config)
        raise ConfigError(
            f"the memory of the GPU is not enough: lower training.micro_batch_tokens ({budget}) or "
            "model.max_length, or take a smaller model"
        ) from error


def _micro_batch_tokens(device: torch.device, config: TrainingConfig) -> int:
    return config.micro_batch_tokens or _MICRO_BATCH_TOKENS[device.type]


def _diverged(what: str, step: int, config: TrainingConfig) -> ConfigError:
    return ConfigError(
        f"{what} at step {step}: lower training.learning_rate ({config.learning_rate}), set "
        "training.gradient_clip=1, or use precision=fp32"
    )


def _random_batches(
    tickets: int, config: TrainingConfig, seed: int, epoch: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the tickets of each optimiser step: a uniformly random order, cut without sorting."""
    order = np.random.default_rng([seed, epoch]).permutation(tickets)
    size = config.batch_size * config.gradient_accumulation_steps
    for start in range(0, tickets, size):
        yield order[start : start + size]


def _accumulate_gradients(
    classifier: Classifier,
    train: LabelledTexts,
    indices: NDArray[np.int64],
    config: TrainingConfig,
    weights: torch.Tensor | None,
    scaler: torch.GradScaler,
) -> float:
    """Add up the gradient of the mean loss over one step's tickets, and return that loss.

    The tickets are cut by length, so that little padding is computed; the gradient is the one that
    the whole batch at once would give, since each micro-batch adds its sum over the common total.
    """
    device = classifier.device
    budget = _micro_batch_tokens(device, config)
    targets = torch.from_numpy(train.targets[indices])
    total = float(len(indices) if weights is None else weights[targets].sum())
    on_device = None if weights is None else weights.to(device)
    loss_sum = torch.zeros((), device=device)
    for rows in token_batches(train.encoded.lengths[indices], budget):
        inputs = train.encoded.batch(indices[rows])
        logits = forward(classifier.model, inputs, device, classifier.precision)
        loss = nn.functional.cross_entropy(
            logits, targets[rows].to(device), weight=on_device, reduction="sum"
        )
        scaler.scale(loss / total).backward()  # type: ignore[no-untyped-call]
        loss_sum += loss.detach()
    return float(loss_sum) / total


def _class_weights(targets: NDArray[np.int64], labels: int) -> torch.Tensor:
    """Return n / (labels * n of the label): each class weighs the same in sum (King and Zeng 2001).

    Shape [labels]. A class without tickets gets the weight 0, which nothing will use.
    """
    counts = np.bincount(targets, minlength=labels)
    weights = np.where(counts > 0, len(targets) / (labels * np.maximum(counts, 1)), 0.0)
    return torch.tensor(weights, dtype=torch.float32)
