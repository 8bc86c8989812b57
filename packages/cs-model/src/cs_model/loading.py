"""Read models and tokenizers from folders: only safetensors, no pickles, no custom code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, cast

from tokenizers import Tokenizer
from transformers import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from cs_model.encoder_repair import fit_to_tokenizer, give_padding, longest_text
from cs_model.errors import ModelError, cannot_load, first_line
from cs_model.labels import labels_of_config, name_classes
from cs_model.model_files import VOCABULARIES
from cs_model.settings import ModelSettings
from cs_model.tokenizer_cleaning import add_cleaning, cleans

_LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
_LOCK = Lock()


def read_classifier(
    folder: Path,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, tuple[str, ...], ModelSettings]:
    """Read a trained classifier: model, tokenizer, labels and settings.

    Raises:
        ModelError: if the folder does not hold all of it.
    """
    stored = ModelSettings.read(folder)
    settings = stored or ModelSettings()
    config = _read_config(folder)
    labels = labels_of_config(config.id2label, folder, own=stored is not None)
    tokenizer = _read_tokenizer(folder)
    # transformers builds the normalizer of some tokenizers anew, without what `add_cleaning` added.
    if stored and tokenizer.is_fast and not cleans(tokenizer, "\\n"):
        with _one_clear_error(folder):
            saved = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.backend_tokenizer.normalizer = saved.normalizer
    model = _read_model(folder, config, new_head=False, attention=settings.attention)
    with _one_clear_error(folder):
        fit_to_tokenizer(model, tokenizer, folder, new_head=False)
        tokenizer.model_max_length = longest_text(model, tokenizer)
    return model, tokenizer, labels, settings


def read_encoder(
    folder: Path, labels: Sequence[str], max_length: int | None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Read a pretrained encoder, give it a new, untrained head, and let its tokenizer clean.

    The tokenizer's `model_max_length` becomes `max_length`, or less if the model reads less.

    Raises:
        ModelError: if the encoder or its tokenizer cannot be used.
    """
    config = _read_config(folder)
    tokenizer = _read_tokenizer(folder)
    add_cleaning(tokenizer)
    model = _read_model(folder, name_classes(config, labels), new_head=True)
    with _one_clear_error(folder):
        fit_to_tokenizer(model, tokenizer, folder, new_head=True)
        longest = longest_text(model, tokenizer)
        tokenizer.model_max_length = min(max_length or longest, longest)
    return model, tokenizer


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence the reports and bars that transformers prints while it reads or writes weights.

    One thread at a time: these settings, and the default dtype while weights are read, are those of
    the process.
    """
    with _LOCK:
        verbosity = transformers_logging.get_verbosity()
        bars = transformers_logging.is_progress_bar_enabled()
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        try:
            yield
        finally:
            transformers_logging.set_verbosity(verbosity)
            if bars:
                transformers_logging.enable_progress_bar()


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Silence transformers while it writes, and raise as ModelError what is no OSError.

    Raises:
        ModelError: if the libraries for weights and tokenizers cannot write; the disk may be full.
    """
    try:
        with quiet_transformers():
            yield
    except OSError:
        raise
    except Exception as error:  # of safetensors and tokenizers, down to a bare Exception
        raise ModelError(f"the model cannot be saved as {target}: {error}") from error


@contextmanager
def first_answer(folder: Path) -> Iterator[None]:
    """Raise whatever an architecture raises in its first forward pass as ModelError.

    Some need more than token ids, or cannot read every text.
    """
    try:
        yield
    except Exception as error:
        reason = f"it fails on a short text ({type(error).__name__}: {first_line(error)})"
        raise cannot_load(folder, error, f"{reason}: choose another encoder") from error


@contextmanager
def _one_clear_error(folder: Path, reason: str = "") -> Iterator[None]:
    """Raise what transformers raises as ModelError; its first line is put behind the reason."""
    try:
        with quiet_transformers():
            yield
    except ModelError:
        raise
    except Exception as error:  # its loaders raise a dozen types, down to bare KeyErrors
        raise cannot_load(folder, error, reason and f"{reason} ({first_line(error)})") from error


def _read_config(folder: Path) -> PreTrainedConfig:
    """Read the configuration of a model that transformers has a text classifier for."""
    stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    own_code = "it needs code of its own (auto_map in config.json), which is never run"
    with _one_clear_error(folder, own_code if "auto_map" in stored else ""):
        config: PreTrainedConfig = AutoConfig.from_pretrained(folder, **_LOCAL)
    if type(config) not in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING:
        raise ModelError(
            f"transformers has no text classifier of the architecture {config.model_type!r} of "
            f"{folder}: choose an encoder such as distilbert-base-multilingual-cased"
        )
    if getattr(config, "quantization_config", None):
        raise ModelError(
            f"the weights in {folder} are quantized: choose the model that they are of"
        )
    return config


def _read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    if not any(path for pattern in VOCABULARIES for path in folder.glob(pattern)):
        raise ModelError(f"{folder} has no tokenizer.json: save the tokenizer beside the model")
    with _one_clear_error(folder, "its tokenizer cannot be read, copy or download it again"):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, **_LOCAL)
    give_padding(tokenizer, folder)
    return tokenizer


def _read_model(
    folder: Path, config: PreTrainedConfig, *, new_head: bool, attention: str | None = None
) -> PreTrainedModel:
    """Read the weights for sequence classification.

    With `new_head` whatever is not part of the encoder starts from random weights (torch's global
    generator); otherwise every weight must be there. `attention` is the kernel that a saved model
    was trained with.
    """
    with _one_clear_error(folder):
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            config=config,
            use_safetensors=True,
            # No other name is passed on: transformers would fetch a kernel from the hub and run it.
            attn_implementation="eager" if attention == "eager" else None,
            ignore_mismatched_sizes=True,  # they are in the report
            output_loading_info=True,
            **_LOCAL,
        )
    encoder = model.base_model_prefix + "."

    def needed(name: str) -> bool:
        # An encoder may lack its pooler (BERT trained without it), never its layers.
        return not new_head or (name.startswith(encoder) and "pooler" not in name)

    if missing := sorted(filter(needed, report["missing_keys"])):
        raise ModelError(
            f"the model in {folder} lacks {len(missing)} of its weights ({missing[0]} first): "
            "it was saved for another task or another architecture"
        )
    # transformers puts random weights in place of these.
    if misfits := sorted(misfit for misfit in report["mismatched_keys"] if needed(misfit[0])):
        name, *shapes = misfits[0]
        found, expected = (" x ".join(map(str, shape)) for shape in shapes)
        raise ModelError(
            f"the model in {folder} has {len(misfits)} of its weights in another shape than its "
            f"config.json says ({name} is {found}, not {expected}): undo what was changed in "
            "config.json"
        )
    if new_head:
        _reset_head(model)
    # Hub checkpoints may be in half precision; autocast wants fp32 weights.
    return cast(PreTrainedModel, model.float())


def _reset_head(model: PreTrainedModel) -> None:
    for child in model.children():
        if child is not model.base_model:
            for module in child.modules():
                for parameter in module.parameters(recurse=False):
                    parameter._is_hf_initialized = False  # type: ignore[attr-defined]
                model._init_weights(module)
