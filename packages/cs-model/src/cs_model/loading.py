"""Read models and tokenizers from folders: safetensors only, nothing pickled, no foreign code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from cs_model.errors import ModelError
from cs_model.labels import labels_of_config, name_classes
from cs_model.settings import ModelSettings
from cs_model.tokenizer_cleaning import add_cleaning, cleans


def read_classifier(
    folder: Path,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, tuple[str, ...], ModelSettings]:
    """Read a trained classifier: model, tokenizer, labels and settings.

    Raises:
        ModelError: if the folder does not hold all of it.
    """
    config = _read_config(folder)
    stored = ModelSettings.read(folder)
    labels = labels_of_config(config.id2label, folder, own=stored is not None)
    settings = stored or ModelSettings()
    tokenizer = _read_tokenizer(folder)
    if stored:
        _restore_cleaning(tokenizer, folder)
    model = _read_model(folder, config, new_head=False, attention=settings.attention)
    return model, tokenizer, labels, settings


def read_encoder(
    folder: Path, labels: Sequence[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Read a pretrained encoder, give it a new, untrained head, and let its tokenizer clean.

    Raises:
        ModelError: if the encoder or its tokenizer cannot be used.
    """
    config = name_classes(_read_config(folder), labels)
    tokenizer = _read_tokenizer(folder)
    add_cleaning(tokenizer)
    return _read_model(folder, config, new_head=True), tokenizer


def _read_config(folder: Path) -> PreTrainedConfig:
    with _one_clear_error(folder):
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    return config


def _read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    with _one_clear_error(folder):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    if tokenizer.pad_token_id is None:
        raise ModelError(f"the tokenizer in {folder} has no padding token: it is not an encoder's")
    return tokenizer


def _restore_cleaning(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Give a tokenizer that we saved the normalizer that was saved with it.

    transformers builds that of some tokenizers anew, and loses what `add_cleaning` added.
    """
    if not tokenizer.is_fast or cleans(tokenizer, "\\n"):
        return
    with _one_clear_error(folder):
        saved = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.backend_tokenizer.normalizer = saved.normalizer


def _read_model(
    folder: Path,
    config: PreTrainedConfig,
    *,
    new_head: bool,
    attention: str | None = None,
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
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            # No other name is passed on: transformers would fetch a kernel from the hub and run it.
            attn_implementation="eager" if attention == "eager" else None,
            ignore_mismatched_sizes=new_head,
            output_loading_info=True,
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
    # Where a new head is wanted, transformers puts random weights in place of these as well.
    if misfits := sorted(misfit for misfit in report["mismatched_keys"] if needed(misfit[0])):
        name, found, expected = misfits[0]
        raise ModelError(
            f"the model in {folder} has {len(misfits)} of its weights in another shape than its "
            f"config.json says ({name} is {_shape(found)}, not {_shape(expected)}): undo what was "
            "changed in config.json"
        )
    if new_head:
        _reset_head(model)
    # Hub checkpoints may be in half precision; autocast wants fp32 weights.
    return cast(PreTrainedModel, model.float())


def max_length_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens of a text the model can read at most."""
    limits = [int(tokenizer.model_max_length)]
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions:
        table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
        # RoBERTa and its kin count positions from the padding id + 1, and lose as many.
        padding_id = getattr(table, "padding_idx", None)
        limits.append(positions - (0 if padding_id is None else padding_id + 1))
    return min(limits)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence the reports and bars that transformers prints while it reads or writes weights."""
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


def _shape(sizes: Iterable[int]) -> str:
    return " x ".join(map(str, sizes))


def _reset_head(model: PreTrainedModel) -> None:
    for child in model.children():
        if child is model.base_model:
            continue
        for module in child.modules():
            for parameter in module.parameters(recurse=False):
                parameter._is_hf_initialized = False  # type: ignore[attr-defined]
            model._init_weights(module)


@contextmanager
def _one_clear_error(folder: Path) -> Iterator[None]:
    """Turn whatever transformers raises about a folder into one line."""
    try:
        with quiet_transformers():
            yield
    except Exception as error:  # its loaders raise a dozen types, down to bare KeyErrors
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot load the model {folder}: {reason}") from error
