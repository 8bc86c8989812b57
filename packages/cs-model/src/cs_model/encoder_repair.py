"""Repair what an encoder and its tokenizer disagree about, as far as that can be done honestly."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import cast

from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cs_model.errors import ModelError

_log = logging.getLogger(__name__)
_NO_LIMIT = 10**9  # from here on: transformers writes 1e30 where a tokenizer has no limit
_MAX_LENGTH = 8192  # tokens, where neither the model nor its tokenizer has a limit


def give_padding(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Pad with the token that ends a text where there is none for padding, as after GPT-2.

    Attention leaves out what is padded, so any token will do.

    Raises:
        ModelError: if there is neither.
    """
    if tokenizer.pad_token_id is None and tokenizer.eos_token is not None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token_id is None:
        raise ModelError(
            f"the tokenizer in {folder} has no padding token and no eos_token: name one as "
            "pad_token in tokenizer_config.json"
        )


def fit_to_tokenizer(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, *, new_head: bool
) -> None:
    """Let the model know the padding token, and make its embedding table as large as needed.

    New rows are random (torch's global generator), so that the table grows only where `new_head`
    is to be trained.

    Raises:
        ModelError: if the table of a trained classifier is too small.
    """
    if model.config.pad_token_id is None or _offset(model) == 0:
        # Decoders classify the last token that is not padding.
        model.config.pad_token_id = tokenizer.pad_token_id
    table = cast(nn.Embedding, model.get_input_embeddings())
    tokens, rows = len(tokenizer), len(table.weight)
    if tokens <= rows:
        return
    if not new_head:
        raise ModelError(
            f"the tokenizer in {folder} has {tokens:,} tokens, the model {rows:,}: use the "
            "tokenizer that it was trained with"
        )
    _log.warning(
        "%s: the tokenizer has %s tokens, the encoder %s: the others get new, random embeddings",
        *(folder, f"{tokens:,}", f"{rows:,}"),
    )
    model.resize_token_embeddings(tokens, mean_resizing=False)


def longest_text(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens of a text both can read: 8,192 where neither has a limit."""
    # Some configurations have 0 or -1 for positions that are not looked up in a table.
    positions = getattr(model.config, "max_position_embeddings", None) or 0
    limits = [int(tokenizer.model_max_length), positions - _offset(model)]
    return min((limit for limit in limits if 0 < limit < _NO_LIMIT), default=_MAX_LENGTH)


def _offset(model: PreTrainedModel) -> int:
    """Return how many positions are lost: RoBERTa and its kin count from the padding id + 1."""
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    padding_id = getattr(table, "padding_idx", None)
    return 0 if padding_id is None else padding_id + 1
