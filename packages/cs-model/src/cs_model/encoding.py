"""Encode texts as token ids, and cut them into batches with little padding. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cs_data.cleaning import Cleaning, clean_text
from cs_model.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class EncodedTexts:
    """Token ids of many texts, one after another.

    `ids` is int32 of shape [tokens]; text i is `ids[offsets[i]:offsets[i + 1]]`, so `offsets` is
    int64 of shape [texts + 1].
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    pad_id: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each text, shape [texts]."""
        return np.diff(self.offsets)

    def batch(self, indices: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Return `input_ids` and, where there is padding, `attention_mask` of some texts.

        Both have shape [len(indices), longest of them]. The mask is left out for texts of equal
        length: attention without a mask reaches faster kernels.
        """
        lengths = self.offsets[indices + 1] - self.offsets[indices]
        width = int(lengths.max())
        columns = np.arange(width)
        is_token = columns < lengths[:, None]
        positions = np.where(is_token, self.offsets[indices][:, None] + columns, 0)
        ids = np.where(is_token, self.ids[positions], self.pad_id).astype(np.int64)
        inputs = {"input_ids": ids}
        if not is_token.all():
            inputs["attention_mask"] = is_token.astype(np.int64)
        return inputs


def encode(
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[str],
    max_length: int,
    cleaning: Cleaning | None,
) -> EncodedTexts:
    """Turn texts into token ids, cut after `max_length` tokens (special tokens counted).

    The tokenizer reads each text as `clean_text` returns it, or, without `cleaning`, as it is.

    Raises:
        ModelError: if `texts` is one string, or an element is not a string.
    """
    ids: list[NDArray[np.int32]] = []
    pad_id = int(tokenizer.pad_token_id)
    readable = _readable(texts)
    if cleaning is not None:
        readable = (clean_text(text, cleaning) for text in readable)
    while block := list(islice(readable, 1024)):  # bounds what is held as Python lists
        encoded = tokenizer(
            block,
            truncation=True,
            max_length=max_length,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
        )["input_ids"]
        # Some tokenizers put nothing around a text, and no model reads an empty row.
        ids.extend(np.asarray(row or [pad_id], dtype=np.int32) for row in encoded)
    offsets = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in ids], out=offsets[1:])
    flat = np.concatenate(ids) if ids else np.zeros(0, dtype=np.int32)
    return EncodedTexts(flat, offsets, pad_id)


def _readable(texts: Iterable[str]) -> Iterator[str]:
    if isinstance(texts, str):
        raise ModelError(
            "texts must be a list or another iterable of strings, got one string: write "
            "predict([text])"
        )
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise ModelError(f"text {index} is {type(text).__name__}, not a string: {text!r}")
        yield valid_unicode(text)


def valid_unicode(text: str) -> str:
    """Return a text with `?` for each lone surrogate, which no tokenizer and no file takes."""
    return text.encode("utf-8", "replace").decode()


def token_batches(lengths: NDArray[np.int64], max_tokens: int) -> list[NDArray[np.int64]]:
    """Cut texts into batches of similar length whose padded size stays within `max_tokens`.

    Returns index arrays into `lengths` that cover each text once, longest texts first. A text
    longer than `max_tokens` is a batch by itself.
    """
    order = np.argsort(-lengths, kind="stable")
    batches = []
    start = 0
    while start < len(order):
        # The first is the longest of its batch, so it alone decides the padded width.
        rows = max(1, max_tokens // max(1, int(lengths[order[start]])))
        batches.append(order[start : start + rows])
        start += rows
    return batches
