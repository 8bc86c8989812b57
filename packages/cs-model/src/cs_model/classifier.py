"""The classifier: text in, label and probability out."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from cs_model.encoding import EncodedTexts, encode, token_batches
from cs_model.errors import ModelError
from cs_model.hardware import autocast, choose_device, choose_precision
from cs_model.labels import check_labels, labels_of_config
from cs_model.loading import (
    max_length_of,
    quiet_transformers,
    read_config,
    read_model,
    read_tokenizer,
    restore_cleaning,
    settings_of,
)
from cs_model.normalizing import add_cleaning
from cs_model.scratch import ScratchSize, encoder_config, train_tokenizer
from cs_model.sources import DEFAULT_TEXT_COLUMNS

_BATCH_TOKENS = {"cpu": 2048, "cuda": 32768, "mps": 8192}


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one text."""

    label: str
    probability: float
    probabilities: dict[str, float]  # every label, in the classifier's order; they sum to 1


class Classifier:
    """An encoder with a classification head, its tokenizer, and the names of its classes.

    Made by `load`, `from_pretrained` or `from_scratch`.

    Attributes:
        model: the transformers model, in fp32.
        tokenizer: the transformers tokenizer.
        labels: class names in the order of the logits, a tuple.
        max_length: tokens of a text that are read; the rest is cut off.
        temperature: what logits are divided by before the softmax, fitted on held-out data
            (Guo et al. 2017, On Calibration of Modern Neural Networks).
        text_columns: columns of a table that were joined by a line break to make a text.

    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        labels: Sequence[str],
        *,
        max_length: int | None = None,
        temperature: float = 1.0,
        text_columns: Sequence[str] = DEFAULT_TEXT_COLUMNS,
        accelerator: str = "auto",
        precision: str = "auto",
    ) -> None:
        self.labels = check_labels(labels)
        self.device = choose_device(accelerator)
        self.precision = choose_precision(precision, self.device)
        self.model: PreTrainedModel = model.to(self.device)  # type: ignore[arg-type]
        self.tokenizer = tokenizer
        longest = max_length_of(model, tokenizer)
        self.max_length = min(max_length or longest, longest)
        self.temperature = temperature
        self.text_columns = tuple(text_columns)

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str],
        *,
        revision: str | None = None,
        accelerator: str = "auto",
        precision: str = "auto",
    ) -> Classifier:
        """Load a trained classifier from a folder or from the Hugging Face hub.

        Args:
            source: a folder written by `save`, or the name of a model on the hub.
            revision: branch, tag or commit on the hub.
            accelerator: `auto`, `cpu`, `gpu` or `mps`.
            precision: `auto`, `fp32`, `bf16` or `fp16`: what matrix products run in.

        Raises:
            ModelError: if it is not a classifier with named labels in safetensors, cannot be
                read whole, or is wanted on hardware that is not there.

        """
        name = os.path.expanduser(source)  # noqa: PTH111 - a hub name is no path
        config = read_config(name, revision)
        settings = settings_of(config)
        labels = labels_of_config(config.id2label, name, own=bool(settings))
        tokenizer = read_tokenizer(name, revision)
        if settings:
            restore_cleaning(tokenizer, name, revision)
        return cls(
            read_model(name, revision, config, new_head=False, attention=settings.get("attention")),
            tokenizer,
            labels,
            temperature=float(settings.get("temperature", 1.0)),
            text_columns=settings.get("text_columns", DEFAULT_TEXT_COLUMNS),
            accelerator=accelerator,
            precision=precision,
        )

    @classmethod
    def from_pretrained(
        cls,
        name: str | os.PathLike[str],
        *,
        labels: Sequence[str],
        max_length: int | None = None,
        revision: str | None = None,
        accelerator: str = "auto",
        precision: str = "auto",
    ) -> Classifier:
        """Put a new, untrained head on a pretrained encoder.

        Args:
            name: a folder or the name of a model on the hub, of any architecture that
                transformers has a sequence classifier for.
            labels: class names, in order.
            max_length: tokens of a text that are read; None for as many as the model and its
                tokenizer allow, which is also the most.
            revision: branch, tag or commit on the hub.
            accelerator: `auto`, `cpu`, `gpu` or `mps`.
            precision: `auto`, `fp32`, `bf16` or `fp16`.

        Raises:
            ModelError: if the encoder cannot be read whole, the labels cannot be used, or the
                hardware is not there.

        """
        names = check_labels(labels)
        source = os.path.expanduser(name)  # noqa: PTH111 - a hub name is no path
        config = _name_classes(read_config(source, revision), names)
        tokenizer = read_tokenizer(source, revision)
        add_cleaning(tokenizer)
        return cls(
            read_model(source, revision, config, new_head=True),
            tokenizer,
            names,
            max_length=max_length,
            accelerator=accelerator,
            precision=precision,
        )

    @classmethod
    def from_scratch(
        cls,
        texts: Iterable[str],
        *,
        labels: Sequence[str],
        size: ScratchSize | None = None,
        accelerator: str = "auto",
        precision: str = "auto",
    ) -> Classifier:
        """Make a small, untrained encoder with a WordPiece tokenizer trained on the texts.

        Weights are drawn from torch's global generator: seed it for the same model twice.
        """
        names = check_labels(labels)
        size = size or ScratchSize()
        tokenizer = train_tokenizer(texts, size)
        add_cleaning(tokenizer)
        config = _name_classes(encoder_config(tokenizer, size), names)
        # For heads this small, plain matrix products train faster on a CPU than a fused kernel (in
        # bf16 by a quarter; in fp32, and to ask the model, there is little between them).
        model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
        return cls(model, tokenizer, names, accelerator=accelerator, precision=precision)

    def encode(self, texts: Iterable[str]) -> EncodedTexts:
        """Turn texts into token ids, each cut after `max_length` tokens.

        Args:
            texts: any number of texts, read once.

        Raises:
            ModelError: if it is one string instead of several, or an element is not a string.

        """
        return encode(self.tokenizer, _read_texts(texts), self.max_length)

    def logits(
        self, encoded: EncodedTexts, *, batch_tokens: int | None = None
    ) -> NDArray[np.float32]:
        """Return the raw scores, shape [texts, labels], in the order of the texts.

        Args:
            encoded: what `encode` returned.
            batch_tokens: padded tokens that are computed at once; bounds the memory.

        """
        scores = np.zeros((len(encoded), len(self.labels)), dtype=np.float32)
        budget = batch_tokens or _BATCH_TOKENS[self.device.type]
        was_training = self.model.training
        self.model.eval()
        with torch.inference_mode(), autocast(self.device, self.precision):
            for indices in token_batches(encoded.lengths, budget):
                output = self.model(**encoded.batch(indices, self.device))
                scores[indices] = output.logits.float().cpu().numpy()
        self.model.train(was_training)
        return scores

    def predict_probabilities(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Return the calibrated probabilities, shape [texts, labels], in the order of the texts.

        Raises:
            ModelError: if it is one string instead of several, or an element is not a string.

        """
        return calibrated_softmax(self.logits(self.encode(texts)), self.temperature)

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """Classify texts.

        Args:
            texts: any number of texts, read once; empty ones are classified as such.

        Returns:
            One prediction for each text, in their order.

        Raises:
            ModelError: if it is one string instead of several, or an element is not a string.

        """
        predictions = []
        for row in self.predict_probabilities(texts):
            best = int(row.argmax())
            named = dict(zip(self.labels, row.tolist(), strict=True))
            predictions.append(Prediction(self.labels[best], float(row[best]), named))
        return predictions

    def save(self, directory: str | os.PathLike[str], *, card: str | None = None) -> None:
        """Write the classifier into a folder, whole or not at all.

        Args:
            directory: the folder to make; if a model lies there, the whole folder is replaced.
            card: text of the model card (README.md), in Markdown.

        Raises:
            ModelError: if the folder is there and holds something else.

        """
        target = Path(directory)
        if target.exists() and not any(target.glob("model*.safetensors")) and any(target.iterdir()):
            raise ModelError(f"{target} holds something else than a model: name another folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        self.model.config.cs_model = {
            "temperature": self.temperature,
            "text_columns": list(self.text_columns),
            "attention": self.model.config._attn_implementation,
        }
        self.tokenizer.model_max_length = self.max_length
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
            whole = Path(scratch) / "model"
            with quiet_transformers():
                self.model.save_pretrained(whole)
                self.tokenizer.save_pretrained(whole)
            if card is not None:
                (whole / "README.md").write_text(card, encoding="utf-8")
            replaced = Path(scratch) / "replaced"
            if target.exists():
                target.rename(replaced)
            try:
                whole.rename(target)
            except OSError:
                if replaced.exists():
                    replaced.rename(target)
                raise


def calibrated_softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Return softmax(logits / temperature) along the last axis, in double precision."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    exponentials = np.exp(scaled)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def _name_classes(config: PreTrainedConfig, labels: Sequence[str]) -> PreTrainedConfig:
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}
    config.problem_type = "single_label_classification"
    return config


def _read_texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str):
        raise ModelError(
            "texts must be a list or another iterable of strings, got one string: write "
            "predict([text])"
        )
    read = []
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise ModelError(f"text {index} is {type(text).__name__}, not a string: {text!r}")
        read.append(_encodable(text))
    return read


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no tokenizer can read."""
    with contextlib.suppress(UnicodeEncodeError):
        text.encode()
        return text
    return text.encode("utf-8", "replace").decode()
