"""Guess the encoding of a text file that is not UTF-8 from its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from cs_data.errors import DataError
from cs_data.reading.character_sets import Encoding, encoding_name

_SAMPLE_BYTES = 1 << 16
_MAX_LINE_BYTES = 1 << 12
# ASCII bytes that are never the second byte of a character in any encoding that is guessed.
_LAST_CUT = re.compile(rb'.*[ ",;\t]', re.DOTALL)

_GUESSED = (
    "cp1252 iso8859_15 mac_roman cp850 cp1250 iso8859_2 cp1254 cp1257 cp1251 koi8_r iso8859_5 "
    "cp866 cp1253 cp1255 cp1256 cp932 euc_jp gb18030 big5 cp949"
).split()
_SAME_LANGUAGES = {"cp1252", "iso8859_15"}
_MAX_GUESSES_NAMED = 3
# Two readings of a file that are closer than this are both possible.
_CLEAR = 0.05
# With more characters unlike any language, or more mess, a reading is none.
_MAX_STRANGE = 0.1
_MAX_MESS = 0.25
FALLBACK = "cp1252"  # in which the lines of a UTF-8 file are read that are none
_FEW = 0.05  # share of the lines that may be broken in a file that is UTF-8

# Letters outside ASCII in the alphabets of single languages (https://cldr.unicode.org, exemplar
# characters): of the readings of a file, the right one spells words of one language in each line.
_ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "äöüß",  # German
        "àâæçéèêëîïôœùûüÿ",  # French
        "áéíñóúü",  # Spanish
        "àáâãçéêíóôõúü",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "áéëíïóöúü",  # Dutch
        "åäöéæø",  # Danish, Norwegian, Swedish, Finnish
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîșțşţ",  # Romanian
        "čćđšž",  # Croatian, Slovene, Serbian
        "çğıİöşüâîû",  # Turkish
        "ąčęėįšųūžāēģīķļņ",  # Lithuanian, Latvian
        "äöõüšž",  # Estonian
    )
)
_SIGNS = "„“\u201a«»\u2039\u203a…•£°§©®™¿¡ªº€¼½¾"
_PUNCTUATION = frozenset(_SIGNS + "\u00a0”\u2018\u2019\u2013—·")
# Greek to Arabic, which share no word with Latin letters, and the scripts of East Asia, which may.
_OTHER_SCRIPT = re.compile("[\u0370-\u06ff\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]")
# Of the scripts that write words of several letters.
_LETTERS_OF_WORDS = re.compile("[\u0370-\u06ff]+")
_MISPLACED = re.compile(
    "[a-zA-Z][\u0370-\u06ff]|[\u0370-\u06ff][a-zA-Z]"  # two scripts in a word
    "|\u03c2(?=[\u03b1-\u03c9])|[ךםןףץ](?=[א-ת])"  # a last letter of Greek or Hebrew within a word
    "|[a-zA-Z][\u3400-\u9fff\uac00-\ud7a3](?![\u3000-\ud7a3])"  # one sign behind Latin letters
    "|(?<=[a-zß-öø-ÿа-яά-ώ])[À-ÖØ-ÞŠŽŸА-ЯΆ-Ώ]"  # a capital behind a small letter
    f"|(?<=[a-zA-Z])[{_SIGNS}](?=[a-z])"  # punctuation in a word
    "|[à-öø-ÿ](?=[A-Z])|(?<=[a-z])í(?=(?:t|s|re|ve|ll|d|m)\\b)|(?<= )ñ(?= )"  # quotes and dashes
    "|[¼½¾](?=[a-z]{2})|(?<!\\w)[œŒŸ](?!\\w)"  # a letter of ISO-8859-15, a fraction
    "|(?<=\\d)[ÄÇЂА]\\b|(?<=\\d )[ÄÇЂА]\\b|(?<= )[ÄÇЂ](?= )"  # 5 €
)


def guess_encoding(blocks: Iterable[bytes], path: object) -> Encoding | None:
    """Guess the encoding of a file without a mark; None for UTF-8, broken lines of it included.

    A few lines of Windows-1252 in a file that is ASCII otherwise are broken UTF-8, too.

    Raises:
        DataError: several encodings are as likely, so that a guess could garble the texts.
    """
    lines, lines_seen = _sample(blocks)
    if 2 * sum(mostly_utf8(line, good_per_broken=3) for line in lines) >= len(lines):
        return None
    readings = _readings(lines)
    likely = [one for one in readings if one.score < readings[0].score + _CLEAR]
    close = [one.codec for one in likely if one.is_plausible]
    if FALLBACK in close and len(lines) < _FEW * lines_seen:
        return None
    for one in likely:
        if one.is_plausible and all(one.is_clearly_before(other) for other in likely):
            return Encoding(encoding_name(one.codec), one.codec, "guessed")
    names = " or ".join(map(encoding_name, close[:_MAX_GUESSES_NAMED]))
    found = f"fits several encodings, most likely {names}" if close else "fits no usual encoding"
    raise DataError(
        f"{path} is not UTF-8, and what it holds outside ASCII {found}: name the right one with "
        "--encoding NAME or dataset.encoding=NAME"
    )


def guess_utf16(head: bytes) -> Encoding | None:
    """Recognise UTF-16 without a mark by its empty bytes, all on one side of the others."""
    for codec, high, low in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        if high.count(0) > max(len(high) // 50, 4 * low.count(0)):
            try:
                head[: len(head) // 4 * 4].decode(codec)
            except UnicodeDecodeError as error:
                if error.start < len(head) - 4:  # not merely a character that was cut
                    continue
            return Encoding(codec, codec, "guessed")
    return None


def mostly_utf8(line: bytes, good_per_broken: float = 1.01) -> bool:
    """Say whether a line is UTF-8, or at least so many characters outside ASCII for a broken one.

    A program that cuts a field after so many bytes breaks one character of many.
    """
    text = line.decode(errors="replace")
    broken = text.count("\ufffd")
    good = sum(not character.isascii() for character in text) - broken
    return good >= good_per_broken * broken


def _sample(blocks: Iterable[bytes]) -> tuple[list[bytes], int]:
    """Return the first lines that are not ASCII, long ones cut, and how many lines were seen."""
    sample: list[bytes] = []
    size, seen, rest = 0, 1, b""
    for block in blocks:
        seen += block.count(b"\n")
        if block.isascii() and rest.isascii():
            rest = b""
            continue
        lines = re.split(rb"[\r\n]", rest + block)
        rest = lines.pop()
        if len(rest) > _SAMPLE_BYTES:
            lines.append(rest)
            rest = b""
        for line in lines:
            if not line.isascii():
                sample.append(_cut(line))
                size += len(sample[-1])
                if size > _SAMPLE_BYTES:
                    return sample, seen
    if not rest.isascii():
        sample.append(_cut(rest))
    return sample, seen


def _cut(line: bytes) -> bytes:
    if len(line) <= _MAX_LINE_BYTES:
        return line
    first = next(at for at, byte in enumerate(line) if byte > 127)
    piece = line[max(0, first - 100) : first + _MAX_LINE_BYTES]
    found = _LAST_CUT.match(piece)
    return found[0] if found and not found[0].isascii() else piece


class _Reading(NamedTuple):
    """A text that the lines may be."""

    codec: str
    text: str
    mess: float
    """What charset-normalizer finds wrong, 0 to 1."""
    strange: int
    """Number of characters that no language has where they stand."""
    others: int
    """Number of characters outside ASCII."""

    @property
    def score(self) -> float:
        """Return 0 for a perfect text."""
        return self.mess + self.strange / max(1, self.others)

    @property
    def is_plausible(self) -> bool:
        return self.mess < _MAX_MESS and self.strange < _MAX_STRANGE * max(1, self.others)

    def is_clearly_before(self, other: _Reading) -> bool:
        """Compare the characters alone in which two readings differ, which may be few."""
        if self is other:
            return True
        differing = self.others
        if len(self.text) == len(other.text):
            differing = sum(a != b for a, b in zip(self.text, other.text, strict=True))
        better = (other.strange - self.strange) / max(1, differing)
        if {self.codec, other.codec} == _SAME_LANGUAGES and not better:
            return self.codec == FALLBACK
        return other.mess - self.mess + better >= _CLEAR


def _readings(lines: list[bytes]) -> list[_Reading]:
    """Return what the lines may be, best first: encodings that give different texts."""
    from charset_normalizer import from_bytes

    sample = b"\n".join(_without_broken(lines))
    readings: dict[str, _Reading] = {}
    for match in from_bytes(sample, cp_isolation=_GUESSED, threshold=0.6, enable_fallback=False):
        text = str(match)
        codec = min(match.could_be_from_charset, key=_GUESSED.index)
        readings[text] = _Reading(codec, text, match.chaos, *_strange_characters(text))
    return sorted(readings.values(), key=lambda one: (one.score, _GUESSED.index(one.codec)))


def _without_broken(lines: list[bytes]) -> list[bytes]:
    """Leave out the few lines that alone would rule out an encoding."""
    broken: set[int] = set()
    for codec in _GUESSED:
        undecodable = {at for at, line in enumerate(lines) if not _is_in(codec, line)}
        if len(undecodable) < _FEW * len(lines):
            broken |= undecodable
    return [line for at, line in enumerate(lines) if at not in broken]


def _is_in(codec: str, line: bytes) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _strange_characters(text: str) -> tuple[int, int]:
    """Count the characters that no language has where they stand, and those outside ASCII."""
    strange = total = 0
    for line in text.splitlines():
        others = [c for c in line if not c.isascii() and c not in _PUNCTUATION]
        latin = [c for c in others if not _OTHER_SCRIPT.match(c)]
        # A line is in one language.
        strange += min(sum(c not in alphabet for c in latin) for alphabet in _ALPHABETS)
        runs = _LETTERS_OF_WORDS.findall(line)
        lone = len(runs) if all(len(run) == 1 for run in runs) else 0
        misplaced = max(lone, len(_MISPLACED.findall(line)))
        strange, total = strange + misplaced, total + len(others) + misplaced
    return strange, total
