"""Every key that can be configured, with its type, meaning and range.

This is the only list of keys; the files in `conf/` hold values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from hydra.core.config_store import ConfigStore

from cs_train.errors import ConfigError

# OmegaConf makes frozen dataclasses read-only before overrides arrive, so these are not frozen;
# nobody changes one after `compose`.


@dataclass
class DatasetConfig:
    """Which tickets to learn from, and what in them."""

    name: str = "sample"
    """sample, small, medium, full or custom."""
    path: str | None = None
    """The CSV file of the data set custom."""
    text_columns: list[str] = field(default_factory=lambda: ["subject", "body"])
    """Columns that are joined to make the text."""
    label_column: str = "priority"
    """The column to predict."""
    language_column: str = "language"
    """The column that scores are given by, where the file has it."""
    labels: Any = None
    """A list of the values to keep, in order; a mapping from values to labels; null: by itself."""
    near_duplicates: float = 0.8
    """Jaccard similarity from which two tickets stay on one side of the split; 0 for never."""
    seed: int = 42
    """Decides the split, whatever the seed of the training is."""
    data_dir: str = "data"
    """Where raw and prepared tickets lie."""

    def __post_init__(self) -> None:
        """Check values that the types leave open."""
        _one_of("dataset.name", self.name, ("sample", "small", "medium", "full", "custom"))
        _check(bool(self.text_columns), "dataset.text_columns", self.text_columns, "name one")
        similarity = self.near_duplicates
        _check(
            similarity == 0 or 0.5 <= similarity <= 1,
            "dataset.near_duplicates",
            similarity,
            "use 0.5 to 1, or 0 for off",
        )
        if self.labels is not None and not isinstance(self.labels, list | dict):
            raise ConfigError(
                f"dataset.labels={self.labels!r} is neither a list nor a mapping: "
                "write 'dataset.labels=[low,high]' or 'dataset.labels={P1:high,P2:low}'"
            )
        if self.name == "custom" and not self.path:
            raise ConfigError("dataset=custom needs its file: add dataset.path=tickets.csv")
        if self.name != "custom" and self.path:
            raise ConfigError(
                f"dataset.path={self.path} goes with dataset=custom, not with dataset={self.name}"
            )


_OF_SMALL_ENCODERS = ("layers", "width", "heads", "window", "dropout", "vocabulary")


@dataclass
class ModelConfig:
    """Which encoder to fine-tune; without a name, how large a one to make."""

    name: str | None = None
    """A folder or a name on the Hugging Face hub; null: a small encoder is made from the texts."""
    revision: str | None = None
    """Branch, tag or commit on the hub."""
    max_length: int = 256
    """Tokens of a ticket that are read; the rest is cut off."""
    layers: int = 2
    """Of an encoder made from the texts, as the rest of this section."""
    width: int = 128
    """Length of a token's vector."""
    heads: int = 4
    """Attention heads of a layer."""
    window: int = 8
    """Tokens around it that a token attends to."""
    dropout: float = 0.2
    """Share of what each layer computes that is left out at random while it trains."""
    vocabulary: int = 4096
    """WordPieces at most."""

    def __post_init__(self) -> None:
        """Check values that the types leave open."""
        _check(self.name != "", "model.name", "''", "name an encoder, or null for a small one")
        if self.name is None and self.revision is not None:
            raise ConfigError("model.revision goes with model.name, which is null")
        for key in _OF_SMALL_ENCODERS if self.name else ():
            value = getattr(self, key)
            if value != type(self).__dataclass_fields__[key].default:
                raise ConfigError(
                    f"model.{key}={value} is for an encoder made from the texts (model=tiny): leave"
                    f" it out with model.name={self.name}, which is as large as it is"
                )
        for key in ("layers", "width", "heads", "window"):
            _positive(f"model.{key}", getattr(self, key))
        _check(0 <= self.dropout < 1, "model.dropout", self.dropout, "use 0 or more, less than 1")
        _check(self.max_length >= 8, "model.max_length", self.max_length, "use 8 or more")
        _check(self.vocabulary >= 64, "model.vocabulary", self.vocabulary, "use 64 or more")
        _check(
            self.width % (2 * self.heads) == 0,
            "model.width",
            self.width,
            f"use a multiple of twice model.heads={self.heads}",
        )


@dataclass
class TrainingConfig:
    """How to fine-tune."""

    batch_size: int = 64
    """Tickets of a batch."""
    gradient_accumulation_steps: int = 1
    """Batches that make one step of the optimiser. They need no more memory than one does: that
    is for micro_batch_tokens."""
    learning_rate: float = 1e-4
    """The highest of the schedule."""
    weight_decay: float = 0.01
    """Of AdamW; biases and normalisation weights have none."""
    schedule: str = "linear"
    """constant, linear or cosine, each after the warm-up."""
    warmup_steps: int = 0
    """Optimiser steps in which the learning rate climbs from 0."""
    gradient_clip: float | None = None
    """Largest norm of the gradient; null: any."""
    num_epochs: int = 5
    """Passes over the training split at most."""
    patience: int | None = 3
    """Epochs without a better validation score before it stops; null: never."""
    monitor: str = "macro_f1"
    """The validation score that decides: macro_f1, accuracy or loss."""
    keep_best: int = 1
    """Checkpoints that are kept, best first."""
    class_weights: bool = False
    """Whether rare labels weigh more, by n / (labels * n of the label)."""
    deterministic: bool = False
    """Whether only algorithms are used that give the same bits each time."""
    micro_batch_tokens: int | None = None
    """Padded tokens that are computed at once; null: what suits the device."""

    def __post_init__(self) -> None:
        """Check values that the types leave open."""
        for key in ("batch_size", "gradient_accumulation_steps", "num_epochs", "keep_best"):
            _positive(f"training.{key}", getattr(self, key))
        for key in ("patience", "micro_batch_tokens"):
            if getattr(self, key) is not None:
                _positive(f"training.{key}", getattr(self, key))
        rate = self.learning_rate
        _check(0 < rate <= 1, "training.learning_rate", rate, "use more than 0, at most 1")
        decay = self.weight_decay
        _check(0 <= decay <= 1, "training.weight_decay", decay, "use 0 to 1")
        steps = self.warmup_steps
        _check(steps >= 0, "training.warmup_steps", steps, "use 0 or more")
        clip = self.gradient_clip
        _check(
            clip is None or 0 < clip < math.inf,
            "training.gradient_clip",
            clip,
            "use more than 0, or null",
        )
        _one_of("training.schedule", self.schedule, ("constant", "linear", "cosine"))
        _one_of("training.monitor", self.monitor, ("macro_f1", "accuracy", "loss"))


@dataclass
class WandbConfig:
    """Tracking with Weights & Biases. Its key is read from the environment only."""

    mode: str = "auto"
    """auto (online where a key is, else offline), online, offline or disabled."""
    entity: str | None = None
    """The team that owns the project; null: the key's own."""
    project: str = "customer_support"
    """The project that runs are listed under."""
    log_model: bool = True
    """Whether the trained model is uploaded as an artifact."""
    timeout: float = 300.0
    """Seconds that a run waits for W&B at its end, when everything else is done."""

    def __post_init__(self) -> None:
        """Check values that the types leave open."""
        _one_of("wandb.mode", self.mode, ("auto", "online", "offline", "disabled"))
        _check(0 < self.timeout < math.inf, "wandb.timeout", self.timeout, "use more than 0")


@dataclass
class Config:
    """Everything that decides a run."""

    name: str = "custom"
    """Of the experiment, for people."""
    seed: int = 42
    """Decides initial weights, the order of tickets and dropout."""
    accelerator: str = "auto"
    """auto, cpu, gpu or mps."""
    precision: str = "auto"
    """auto (by the hardware), fp32, bf16 or fp16."""
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    wandb: WandbConfig = field(default_factory=WandbConfig)

    def __post_init__(self) -> None:
        """Check values that the types leave open."""
        _check(0 <= self.seed < 2**32, "seed", self.seed, "use 0 to 4294967295")
        _one_of("accelerator", self.accelerator, ("auto", "cpu", "gpu", "mps"))
        _one_of("precision", self.precision, ("auto", "fp32", "bf16", "fp16"))


def _check(holds: bool, key: str, value: object, remedy: str) -> None:  # noqa: FBT001
    if not holds:
        raise ConfigError(f"{key}={value} cannot be: {remedy}")


def _positive(key: str, value: int) -> None:
    _check(value >= 1, key, value, "use 1 or more")


def _one_of(key: str, value: str, choices: Sequence[str]) -> None:
    near = get_close_matches(value, choices, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    _check(value in choices, key, value, f"use {', '.join(choices)}{hint}")


ConfigStore.instance().store(name="schema", node=Config)
