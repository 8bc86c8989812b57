r"""Turn texts into sets of hashed word 3-grams, in numpy: a million tickets take seconds.

A word is a run of word characters (as `\w` in `re`), or one ideograph or kana by itself, since
Chinese and Japanese put no blanks between words. Neither case nor which digits a number has
matters: "Order 123 failed" and "order 456 FAILED" are the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

_SIZE = 3  # words in a shingle
_ONE_CHARACTER_WORDS = (
    (0x3041, 0x30FF),  # hiragana, katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # ideographs
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9D),  # half-width katakana
    (0x20000, 0x323AF),
)
_LAST_LETTER = 0x323AF  # no code point above it is a word character
_CHARACTERS_AT_ONCE = 1 << 20
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class ShingleSets:
    """One set of shingles for each text, side by side."""

    hashes: npt.NDArray[np.uint32]
    """The shingles of all texts: each text's are sorted, and no two are the same."""
    sizes: npt.NDArray[np.int64]
    """How many shingles each text has; 0 for one without words."""


def shingle_sets(texts: Sequence[str]) -> ShingleSets:
    """Return the hashed word 3-grams of each text; a text of one or two words is one shingle."""
    sets = [_shingle_block(texts[start:end]) for start, end in _blocks(texts)]
    return ShingleSets(
        np.concatenate([part.hashes for part in sets]),
        np.concatenate([part.sizes for part in sets]),
    )


def mix(values: Hashes) -> Hashes:
    """Return 64-bit numbers of which each bit depends on every input bit (splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _blocks(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Cut the list into runs of at most a million characters, or one longer text."""
    blocks, start, size = [], 0, 0
    for at, text in enumerate(texts):
        if size + len(text) + 1 > _CHARACTERS_AT_ONCE and at > start:
            blocks.append((start, at))
            start, size = at, 0
        size += len(text) + 1
    blocks.append((start, len(texts)))
    return blocks


def _shingle_block(texts: Sequence[str]) -> ShingleSets:
    words, text_of_word = _hash_words(texts)
    count = np.bincount(text_of_word, minlength=len(texts))
    whole = text_of_word[: -_SIZE + 1] == text_of_word[_SIZE - 1 :]
    first, second, third = words[:-2], words[1:-1], words[2:]
    shingles = _combine(first[whole], second[whole], third[whole])
    owners = text_of_word[: -_SIZE + 1][whole]

    first_word = np.cumsum(count) - count
    one, two = np.flatnonzero(count == 1), np.flatnonzero(count == 2)
    nothing = np.uint64(0)
    short = [
        _combine(words[first_word[one]], nothing, nothing),
        _combine(words[first_word[two]], words[first_word[two] + 1], nothing),
    ]
    # The text in the upper half and the shingle in the lower: one sort serves all texts.
    keys = np.concatenate([owners, one, two]).astype(np.uint64) << np.uint64(32)
    keys |= np.concatenate([shingles, *short]) >> np.uint64(32)
    keys.sort()
    keys = keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
    sizes = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(texts))
    return ShingleSets(keys.astype(np.uint32), sizes)


def _combine(first: Hashes, second: Hashes | np.uint64, third: Hashes | np.uint64) -> Hashes:
    return mix(first + second * np.uint64(_BASE) + third * np.uint64(_BASE_INVERSE))


def _hash_words(texts: Sequence[str]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Return the hash of every word of all texts, and the text to which each belongs.

    A word's hash is the polynomial of its characters' values in `_BASE`, taken from running sums
    over the whole block and shifted back to the word's start.
    """
    kinds, values = _character_tables()
    codes = np.frombuffer("\n".join(texts).encode("utf-32-le"), "<u4").astype(np.int64)
    kind = kinds.take(codes)
    alone = kind == 2
    starts_word = kind > 0
    starts_word[1:] &= (kind[:-1] == 0) | alone[1:] | alone[:-1]
    starts = np.flatnonzero(starts_word)
    if not len(starts):
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    weighted = values.take(codes) * _powers(_BASE, len(codes))
    words = np.add.reduceat(weighted, starts) * _powers(_BASE_INVERSE, len(codes))[starts]
    text_starts = np.cumsum([0] + [len(text) + 1 for text in texts[:-1]])
    return mix(words), np.searchsorted(text_starts, starts, side="right") - 1


def _powers(base: int, count: int) -> Hashes:
    if count > _CHARACTERS_AT_ONCE:
        return _compute_powers(base, count)
    return _kept_powers(base)[:count]


@cache
def _kept_powers(base: int) -> Hashes:
    return _compute_powers(base, _CHARACTERS_AT_ONCE)


def _compute_powers(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)


@cache
def _character_tables() -> tuple[npt.NDArray[np.uint8], Hashes]:
    """Return for every code point 0 (no word), 1 (part of a word) or 2 (a word); and its value."""
    kinds = np.zeros(0x110000, np.uint8)
    folded = np.zeros(_LAST_LETTER + 1, np.uint64)
    for code in range(_LAST_LETTER + 1):
        character = chr(code)
        if character.isalnum() or character == "_":
            kinds[code] = 1
            folded[code] = ord("0") if character.isdecimal() else ord(character.casefold()[0])
    for first, last in _ONE_CHARACTER_WORDS:
        kinds[first : last + 1] *= 2
    values = np.zeros(0x110000, np.uint64)
    letters = np.flatnonzero(kinds)
    values[letters] = mix(folded[letters] * np.uint64(_BASE))
    return kinds, values
