from __future__ import annotations

import random

import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from cs_data.cleaning import clean_text
from cs_model.tokenizer_cleaning import add_cleaning

# What the steps of the cleaning act on, and what stands beside it in real exports.
CHARACTERS = [
    *("\x00", "\x08", "\x0b", "\x1f", "\x7f", "\x85", "\x9f", "\ufeff", "\r", "\n", "\r\n"),
    *("\\", "n", "r", "t", "\\n", "\\r\\n", "\\t", " ", "\t", "\n\n\n", " \n"),
    *("a", "e", "\u0301", "\u0300", "\u00e9", "\u212b", "\uac00", "\u1100", "\u1161"),
    *("\ufb01", "\u00a0", "\u2028", "\u200b", "\U0001f525", "ß", "İ"),
    *("C:\\new", "C:\\", "\\\\ab\\", "%\\", "HKLM\\", "temp\\", ".txt", "New folder", "N"),
]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    made = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(BPE()))
    add_cleaning(made)
    return made


def cleaned_by(tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    return tokenizer.backend_tokenizer.normalizer.normalize_str(text).strip()


def test_the_tokenizer_cleans_a_text_as_training_data_was_cleaned(tokenizer):
    raw = "a \\n\\n\\nb\\tc\r\nd\re\x00\ufeff  \n\n\nf\\r\\ng e\u0300"
    cleaned = "a\n\nb\tc\nd\ne\n\nf\ng \u00e8"
    assert tokenizer.backend_tokenizer.normalizer.normalize_str(raw) == cleaned
    assert clean_text(raw) == cleaned
    path = r"C:\new\temp\notes.txt and \\server\new\table"
    assert cleaned_by(tokenizer, path) == clean_text(path) == path
    before = tokenizer.backend_tokenizer.to_str()
    add_cleaning(tokenizer)
    assert tokenizer.backend_tokenizer.to_str() == before


def test_the_tokenizer_and_the_preparation_clean_any_text_alike(tokenizer):
    random_numbers = random.Random(7)  # noqa: S311 - no secret
    for _ in range(20_000):
        text = "".join(random_numbers.choices(CHARACTERS, k=random_numbers.randint(0, 12)))
        assert cleaned_by(tokenizer, text) == clean_text(text), ascii(text)


def test_a_cleaned_text_is_left_as_it_is(tokenizer):
    random_numbers = random.Random(8)  # noqa: S311 - no secret
    for _ in range(2_000):
        text = clean_text("".join(random_numbers.choices(CHARACTERS, k=12)))
        assert cleaned_by(tokenizer, text) == text, ascii(text)
