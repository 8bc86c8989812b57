"""Lets a tokenizer clean a text as training data was cleaned; it travels in tokenizer.json."""

from __future__ import annotations

from tokenizers import Regex, normalizers
from transformers import PreTrainedTokenizerBase

_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]"


def add_cleaning(tokenizer: PreTrainedTokenizerBase) -> None:
    r"""Let the tokenizer read raw exports as it reads prepared tickets.

    Exports write line breaks and tabs as the two characters `\n` and `\t`, accents in two code
    points, and more. The steps are those of `cs_data.cleaning.clean_text`, so that a model sees the
    same tokens in production as in training. Only blanks around the text are left: a step that
    strips them would also empty those tokens of a vocabulary that are nothing but blanks.
    """
    if not tokenizer.is_fast or cleans(tokenizer, "\\n\\t"):
        return
    backend = tokenizer.backend_tokenizer
    steps = [
        normalizers.Replace(Regex(_CONTROL), ""),
        normalizers.Replace("\r\n", "\n"),
        normalizers.Replace("\r", "\n"),
        normalizers.Replace("\\r\\n", "\n"),
        normalizers.Replace("\\n", "\n"),
        normalizers.Replace("\\t", "\t"),
        normalizers.NFC(),
        normalizers.Replace(Regex("[ \t]+\n"), "\n"),
        normalizers.Replace(Regex("\n{3,}"), "\n\n"),
    ]
    if backend.normalizer is not None:
        steps.append(backend.normalizer)
    backend.normalizer = normalizers.Sequence(steps)


def cleans(tokenizer: PreTrainedTokenizerBase, escapes: str) -> bool:
    r"""Tell whether the tokenizer reads escapes such as `\n` as what they stand for."""
    normalizer = tokenizer.backend_tokenizer.normalizer
    return normalizer is not None and "\\" not in normalizer.normalize_str(escapes)
