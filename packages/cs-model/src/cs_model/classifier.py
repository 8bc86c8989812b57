"""The classifier: text in, label and probability out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cs_data.atomic_files import atomic_folder
from cs_data.cleaning import Cleaning
from cs_model.calibration import calibrated_softmax
from cs_model.encoding import EncodedTexts, encode
from cs_model.errors import ModelError
from cs_model.labels import check_labels
from cs_model.settings import ModelSettings
from cs_model.small_encoder_size import SmallEncoderSize
from cs_model.sources import resolve

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from cs_model.backends.base import Backend
    from cs_model.backends.torch_backend import TorchBackend

_DEFAULTS = ModelSettings(cleaning=Cleaning())


@dataclass(frozen=True)
class Prediction:
    """The answer of a classifier for one text."""

    label: str
    probability: float
    probabilities: dict[str, float]  # every label, in the classifier's order; they sum to 1


class Classifier:
    """An encoder with a classification head, its tokenizer, and the names of its classes.

    Made by `load`, `from_pretrained` or `from_scratch`. Each takes an `accelerator` (`auto`, `cpu`,
    `gpu` or `mps`) and the `precision` of matrix products (`auto`, `fp32`, `bf16` or `fp16`), and
    raises ModelError if the machine does not have the accelerator.

    Attributes:
        backend: the engine that computes.
        tokenizer: the transformers tokenizer.
        labels: class names in the order of the logits, a tuple.
        max_length: tokens of a text that are read; the rest is cut off.
        temperature: what logits are divided by before the softmax, fitted on held-out data
            (Guo et al. 2017, On Calibration of Modern Neural Networks).
        text_columns: columns of a table that were joined by a line break to make a text.
        label_column: column of that table that the classifier predicts.
        cleaning: how every text is cleaned before the tokenizer reads it, as the training data was;
            None leaves all cleaning to the tokenizer.
    """

    def __init__(
        self,
        backend: Backend,
        tokenizer: PreTrainedTokenizerBase,
        labels: Sequence[str],
        *,
        max_length: int | None = None,
        settings: ModelSettings = _DEFAULTS,
    ) -> None:
        self.backend = backend
        self.tokenizer = tokenizer
        self.labels = check_labels(labels)
        self.max_length = max_length or int(tokenizer.model_max_length)
        self.temperature = settings.temperature
        self.text_columns = settings.text_columns
        self.label_column = settings.label_column
        self.cleaning = settings.cleaning
        # The first call makes a fast tokenizer store the length, which would fail while another
        # thread is encoding.
        self.encode([""])

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str],
        *,
        revision: str | None = None,
        accelerator: str = "auto",
        precision: str = "auto",
    ) -> Classifier:
        """Load a trained classifier.

        Args:
            source: a folder written by `save`, or the name of a model on the Hugging Face hub.
            revision: branch, tag or commit on the hub.
            accelerator: see the class.
            precision: see the class.

        Raises:
            ModelError: if it is not a classifier with named labels in safetensors, or cannot be
                read completely.
        """
        from cs_model.backends.torch_backend import TorchBackend
        from cs_model.loading import read_classifier

        folder = resolve(source, revision)
        model, tokenizer, names, settings = read_classifier(folder)
        backend = TorchBackend(model, accelerator=accelerator, precision=precision)
        return cls._tried(folder, backend, tokenizer, names, settings=settings)

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
                tokenizer allow, which is also the most (8,192 where neither has a limit).
            revision: branch, tag or commit on the hub.
            accelerator: see the class.
            precision: see the class.

        Raises:
            ModelError: if the encoder cannot be read completely, or the labels cannot be used.
        """
        from cs_model.backends.torch_backend import TorchBackend
        from cs_model.loading import read_encoder

        names = check_labels(labels)
        folder = resolve(name, revision)
        model, tokenizer = read_encoder(folder, names, max_length)
        backend = TorchBackend(model, accelerator=accelerator, precision=precision)
        return cls._tried(folder, backend, tokenizer, names)

    @classmethod
    def _tried(
        cls,
        folder: Path,
        backend: Backend,
        tokenizer: PreTrainedTokenizerBase,
        names: Sequence[str],
        *,
        settings: ModelSettings = _DEFAULTS,
    ) -> Classifier:
        """Return a classifier of an architecture that is not ours, once it has answered."""
        from cs_model.loading import first_answer

        with first_answer(folder):
            made = cls(backend, tokenizer, names, settings=settings)
            made.logits(made.encode(["", "The server is down."]))
        return made

    @classmethod
    def from_scratch(
        cls,
        texts: Iterable[str],
        *,
        labels: Sequence[str],
        size: SmallEncoderSize | None = None,
        accelerator: str = "auto",
        precision: str = "auto",
    ) -> Classifier:
        """Make a small, untrained encoder with a WordPiece tokenizer trained on the texts.

        Weights are drawn from torch's global generator: seed it for the same model twice.
        """
        from cs_model.backends.torch_backend import TorchBackend
        from cs_model.small_encoder import make_encoder

        names = check_labels(labels)
        model, tokenizer = make_encoder(texts, names, size or SmallEncoderSize())
        backend = TorchBackend(model, accelerator=accelerator, precision=precision)
        return cls(backend, tokenizer, names)

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

    def predict_probabilities(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Return the calibrated probabilities, shape [texts, labels], in the order of the texts.

        Raises:
            ModelError: if it is one string instead of several, or an element is not a string.
        """
        return calibrated_softmax(self.logits(self.encode(texts)), self.temperature)

    def encode(self, texts: Iterable[str]) -> EncodedTexts:
        """Return texts as token ids, each cleaned, and cut after `max_length` tokens.

        Raises:
            ModelError: if it is one string instead of several, or an element is not a string.
        """
        return encode(self.tokenizer, texts, self.max_length, self.cleaning)

    def logits(
        self, encoded: EncodedTexts, *, batch_tokens: int | None = None
    ) -> NDArray[np.float32]:
        """Return the raw scores, shape [texts, labels], in the order of the texts.

        Args:
            encoded: what `encode` returned.
            batch_tokens: padded tokens that are computed at once; bounds the memory.
        """
        return self.backend.logits(encoded, batch_tokens=batch_tokens)

    def save(self, directory: str | os.PathLike[str], *, card: str | None = None) -> None:
        """Write the classifier into a folder, completely or not at all.

        Args:
            directory: the folder to make; a model that is there already is replaced.
            card: text of the model card (README.md), in Markdown.

        Raises:
            ModelError: if the folder is there and holds something else, or cannot be written.
        """
        from cs_model.loading import writing

        target = Path(directory)
        present = [path.name for path in target.iterdir()] if target.is_dir() else []
        if target.is_file() or (present and not any(target.glob("model*.safetensors"))):
            raise ModelError(f"{target} holds something else than a model: name another folder")
        config = self.model.config
        config.cs_model = asdict(
            ModelSettings(
                temperature=self.temperature,
                text_columns=tuple(self.text_columns),
                label_column=self.label_column,
                attention=config._attn_implementation,
                cleaning=self.cleaning,
            )
        )
        self.tokenizer.model_max_length = self.max_length
        with atomic_folder(target, frozenset(present)) as folder:
            with writing(target):
                self.model.save_pretrained(folder)
                self.tokenizer.save_pretrained(folder)
            if card is not None:
                (folder / "README.md").write_text(card, encoding="utf-8")

    @property
    def model(self) -> PreTrainedModel:
        """The transformers model, in fp32 and in eval mode unless somebody is training it."""
        return self._torch.model

    @property
    def device(self) -> torch.device:
        """The torch device that the model is on."""
        return self._torch.device

    @property
    def precision(self) -> str:
        """`fp32`, `bf16` or `fp16`: what matrix products run in."""
        return self._torch.precision

    @property
    def _torch(self) -> TorchBackend:
        from cs_model.backends.torch_backend import TorchBackend

        if not isinstance(self.backend, TorchBackend):
            raise ModelError(
                f"only a model computed by torch can be trained or saved, got "
                f"{self.backend.description}: load it with torch"
            )
        return self.backend
