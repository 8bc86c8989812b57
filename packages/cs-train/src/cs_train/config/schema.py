"""Every key that can be configured, with its type, meaning and range.

This is the only list of keys; the files in `conf/` hold values. How tickets are prepared belongs to
cs_data, and the size of an encoder trained from scratch to cs_model: their defaults and checks are
used here.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from hydra.core.config_store import ConfigStore

from cs_data import DataError, PrepareOptions
from cs_model.errors import ModelError
from cs_model.small_encoder_size import SmallEncoderSize
from cs_train.config.labels import read_labels
from cs_train.errors import ConfigError

# OmegaConf makes frozen dataclasses read-only before overrides arrive, so these are not frozen;
# nobody changes one after `compose`.

_OPTIONS = PrepareOptions()
_SIZE = SmallEncoderSize()
_DEFAULT_PROJECT = "support-tickets"

CHOICES = {
    "training.schedule": ("constant", "linear", "cosine"),
    "training.monitor": ("macro_f1", "accuracy", "loss"),
    "wandb.mode": ("auto", "online", "offline", "disabled"),
    "accelerator": ("auto", "cpu", "gpu", "mps"),
    "precision": ("auto", "fp32", "bf16", "fp16"),
}
"""Values of the keys that take one of a few."""


@dataclass
class DatasetConfig:
    """Which tickets to learn from, and what in them."""

    name: str = "sample"
    """Data set to learn from: sample, small, medium, full, custom, or one in the folder raw of
    data_dir. The default needs no file."""
    path: str | None = None
    """Export of the tickets (CSV, .xlsx, .jsonl, .json or .parquet); only with name=custom, which
    requires it."""
    text_columns: list[str] = field(default_factory=lambda: list(_OPTIONS.text_columns))
    """Names of the columns that hold the text, joined in this order by a line break."""
    label_column: str = _OPTIONS.label_column
    """Name of the column to predict."""
    language_column: str = _OPTIONS.language_column
    """Name of the column that holds the language, by which scores are given; may be absent."""
    id_column: str | None = _OPTIONS.id_column
    """Name of the column that holds the ticket's id: only the last of several rows with one id is
    used; null uses every row."""
    labels: Any = None
    """Labels to learn: a list of the values to use, in order (`low,high` or `[low,high]`), or a
    mapping from values to labels (`P1=high,P2=low` or `{P1:high,P2:low}`), in which an empty label
    leaves a value out; null uses the values that the file has."""
    near_duplicates: float = _OPTIONS.near_duplicates
    """Jaccard similarity (0.5 to 1) from which two tickets are near duplicates, which stay in one
    split; 0 keeps only identical ones in one split."""
    seed: int = _OPTIONS.seed
    """Seed of the split, independent of the seed of the training."""
    strip_html: bool = _OPTIONS.strip_html
    """Whether texts that are plainly HTML become plain text, in training and in prediction."""
    strip_quoted_mail: bool = _OPTIONS.strip_quoted_mail
    """Whether the mail that a mail answers is left out of texts, and signatures, in training and in
    prediction."""
    encoding: str | None = _OPTIONS.encoding
    """Encoding of a text file, such as windows-1252; null is UTF-8, or what its bytes look like."""
    max_rejected: float = _OPTIONS.max_rejected
    """Largest share of the rows (0 to 1) that may be lost for any one reason, such as an unknown
    label; more is an error."""
    data_dir: str = "data"
    """Folder of the raw and the prepared tickets."""

    def __post_init__(self) -> None:
        self.labels = read_labels(self.labels)
        self.options()
        if self.name == "custom" and not self.path:
            raise ConfigError("dataset=custom needs its file: add dataset.path=tickets.csv")
        if self.name != "custom" and self.path:
            raise ConfigError(
                f"dataset.path={self.path} goes with dataset=custom, not with dataset={self.name}"
            )

    def options(self) -> PrepareOptions:
        """Return how the tickets are prepared.

        Raises:
            ConfigError: an option has a value that cannot work.
        """
        values = {each.name: getattr(self, each.name) for each in fields(_OPTIONS)}
        if isinstance(self.labels, list):
            values["labels"] = tuple(self.labels)
        try:
            return PrepareOptions(**values)
        except DataError as error:
            raise _in_section("dataset", error, PrepareOptions) from error


@dataclass
class ModelConfig:
    """Which encoder to fine-tune; without a name, how large a one to train from scratch."""

    name: str | None = None
    """Encoder to fine-tune: a folder or a Hugging Face hub name; null trains one from scratch."""
    revision: str | None = None
    """Branch, tag or commit on the hub; null is the main branch."""
    max_length: int = _SIZE.max_length
    """Number of tokens of a ticket that are read, at least 8; the rest is cut off."""
    num_layers: int = _SIZE.num_layers
    """Number of layers (only for training from scratch)."""
    hidden_size: int = _SIZE.hidden_size
    """Length of a token's vector, a multiple of 2 * num_heads (only for training from scratch)."""
    num_heads: int = _SIZE.num_heads
    """Number of attention heads per layer (only for training from scratch)."""
    local_attention: int = _SIZE.local_attention
    """Number of tokens around a token that it attends to (only for training from scratch)."""
    dropout: float = _SIZE.dropout
    """Dropout rate of each layer, 0 to less than 1 (only for training from scratch)."""
    vocab_size: int = _SIZE.vocab_size
    """Maximum size of the vocabulary, at least 64 WordPieces (only for training from scratch)."""

    def __post_init__(self) -> None:
        _check(self.name != "", "model.name", "an encoder, or null for a small one", "''")
        if self.name is None and self.revision is not None:
            raise ConfigError("model.revision goes with model.name, which is null")
        size = self.small_encoder_size()
        for each in fields(size) if self.name else ():
            value = getattr(size, each.name)
            if each.name != "max_length" and value != each.default:
                raise ConfigError(
                    f"model.{each.name}={value} is for an encoder trained from scratch (model=tiny)"
                    f": leave it out with model.name={self.name}, which has a size of its own"
                )

    def small_encoder_size(self) -> SmallEncoderSize:
        """Return the size of an encoder trained from scratch.

        Raises:
            ConfigError: a value is out of its range.
        """
        try:
            return SmallEncoderSize(
                **{each.name: getattr(self, each.name) for each in fields(_SIZE)}
            )
        except ModelError as error:
            raise _in_section("model", error, SmallEncoderSize) from error


@dataclass
class TrainingConfig:
    """How to fine-tune."""

    batch_size: int = 64
    """Number of tickets per batch."""
    gradient_accumulation_steps: int = 1
    """Number of batches per optimizer step; the memory is bounded by micro_batch_tokens alone."""
    learning_rate: float = 1e-4
    """Peak learning rate, more than 0 and at most 1. A pretrained encoder needs about 1e-4 or less,
    a small one that is trained from scratch about 3e-3."""
    weight_decay: float = 0.01
    """Weight decay of AdamW, 0 to 1; biases and normalization weights are not decayed."""
    schedule: str = "linear"
    """Learning rate after the warm-up: constant, linear (down to 0) or cosine (down to 0)."""
    warmup_steps: float = 0
    """Number of optimizer steps in which the learning rate rises from 0 to its peak; below 1, a
    share of all steps, which suits a data set of any size."""
    gradient_clip: float | None = None
    """Maximum norm of the gradient; null does not clip."""
    num_epochs: int = 5
    """Maximum number of passes over the training split."""
    patience: int | None = 3
    """Number of epochs without improvement after which training stops; null never stops early."""
    monitor: str = "macro_f1"
    """Validation score that decides which epoch is best: macro_f1, accuracy or loss. The default
    counts rare labels as much as common ones."""
    keep_best: int = 1
    """Number of best models to keep."""
    class_weights: bool = False
    """Whether rare labels weigh more in the loss, by n / (labels * n of the label)."""
    deterministic: bool = False
    """Whether to use only algorithms that give the same bits each time, which are slower."""
    micro_batch_tokens: int | None = None
    """Number of padded tokens computed at once, limiting memory; null chooses one by device."""

    def __post_init__(self) -> None:
        for key in ("batch_size", "gradient_accumulation_steps", "num_epochs", "keep_best"):
            _check(getattr(self, key) >= 1, f"training.{key}", "at least 1", getattr(self, key))
        for key in ("patience", "micro_batch_tokens"):
            value = getattr(self, key)
            _check(value is None or value >= 1, f"training.{key}", "at least 1", value)
        steps = self.warmup_steps
        _check(steps >= 0, "training.warmup_steps", "at least 0", f"{steps:g}")
        is_number = steps < 1 or float(steps).is_integer()
        requirement = "a whole number of steps, or a share of them below 1"
        _check(is_number, "training.warmup_steps", requirement, steps)
        rate, decay, clip = self.learning_rate, self.weight_decay, self.gradient_clip
        _check(0 < rate <= 1, "training.learning_rate", "more than 0 and at most 1", rate)
        _check(0 <= decay <= 1, "training.weight_decay", "from 0 to 1", decay)
        is_limit = clip is None or 0 < clip < math.inf
        _check(is_limit, "training.gradient_clip", "more than 0, or null", clip)
        _one_of("training.schedule", self.schedule)
        _one_of("training.monitor", self.monitor)

    def warmup_of(self, total_steps: int) -> int:
        """Return the number of warm-up steps in a run of so many optimizer steps."""
        steps = self.warmup_steps
        return int(steps) if steps >= 1 else round(steps * total_steps)

    @property
    def tickets_per_step(self) -> int:
        """Number of tickets per optimizer step."""
        return self.batch_size * self.gradient_accumulation_steps


@dataclass
class WandbConfig:
    """Tracking with Weights & Biases. Its key is read from the environment only."""

    mode: str = "auto"
    """Where metrics go: online, offline (into the run's folder), disabled, or auto, which is online
    where there is a key and offline elsewhere."""
    entity: str | None = None
    """Team or user that owns the project; null is WANDB_ENTITY, else the default of the key."""
    project: str | None = None
    """Project of the runs; null is WANDB_PROJECT, else support-tickets."""
    log_model: bool = True
    """Whether to upload the trained model as an artifact."""
    timeout: float = 300.0
    """Maximum number of seconds that a finished run waits for W&B."""

    def __post_init__(self) -> None:
        _one_of("wandb.mode", self.mode)
        _check(0 < self.timeout < math.inf, "wandb.timeout", "more than 0", self.timeout)

    def resolve_project(self) -> tuple[str | None, str]:
        """Return the entity and the project that runs go to, from here or the environment."""
        entity = self.entity or os.environ.get("WANDB_ENTITY") or None
        return entity, self.project or os.environ.get("WANDB_PROJECT") or _DEFAULT_PROJECT


@dataclass
class Config:
    """Everything that decides a run."""

    name: str = "custom"
    """Name of the experiment, for people."""
    seed: int = 42
    """Seed of the initial weights, the order of the tickets and the dropout."""
    accelerator: str = "auto"
    """Device to train on: auto (a GPU where there is one), cpu, gpu or mps."""
    precision: str = "auto"
    """Precision of matrix products: auto (by the hardware), fp32, bf16 or fp16."""
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    wandb: WandbConfig = field(default_factory=WandbConfig)

    def __post_init__(self) -> None:
        _check(0 <= self.seed < 2**32, "seed", "from 0 to 4294967295", self.seed)
        _one_of("accelerator", self.accelerator)
        _one_of("precision", self.precision)


def _check(holds: bool, key: str, requirement: str, value: object) -> None:  # noqa: FBT001
    if not holds:
        raise ConfigError(f"{key} must be {requirement}, got {value}")


def _one_of(key: str, value: str) -> None:
    choices = CHOICES[key]
    near = get_close_matches(value, choices, n=1)
    hint = f": did you mean {near[0]}?" if near else ""
    _check(value in choices, key, f"{', '.join(choices[:-1])} or {choices[-1]}", f"{value}{hint}")


def _in_section(section: str, error: Exception, options: type) -> ConfigError:
    """Return an error about an option as one about a key, whose name is that of the option."""
    names = {each.name for each in fields(options)}
    first_word = str(error).partition(" ")[0].rstrip(":")
    return ConfigError(f"{section}{'.' if first_word in names else ': '}{error}")


ConfigStore.instance().store(name="schema", node=Config)
