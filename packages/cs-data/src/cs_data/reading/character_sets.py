"""The encoding of a text file: named by a person, or guessed from its bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cs_data.errors import DataError

_SAMPLE_BYTES = 1 << 16
_MAX_LINE_BYTES = 1 << 12
# ASCII bytes that are never the second byte of a character in any encoding that is guessed.
_LAST_CUT = re.compile(rb'.*[ ",;\t]', re.DOTALL)

# The name of a standard, and the codec of its superset that programs write under that name
# (https://encoding.spec.whatwg.org/#names-and-labels).
_SUPERSETS = {
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
}
_NAMES = {"cp932": "shift_jis", "cp949": "euc_kr", "iso8859_15": "iso-8859-15"}
_NAMES |= {"iso8859_2": "iso-8859-2", "iso8859_5": "iso-8859-5", "mac_roman": "mac-roman"}
_GUESSED = (
    "cp1252 iso8859_15 mac_roman cp850 cp1250 iso8859_2 cp1254 cp1257 cp1251 koi8_r iso8859_5 "
    "cp866 cp1253 cp1255 cp1256 cp932 euc_jp gb18030 big5 cp949"
).split()
_MAX_GUESSES_NAMED = 3
# Two readings of a file that are closer than this are both possible.
_CLEAR = 0.05

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
_SIGNS = "„“\u201a«»\u2039\u203a…•£°§©®™¿¡ªº€"
_PUNCTUATION = frozenset(_SIGNS + "\u00a0”\u2018\u2019\u2013—·")
# Greek to Arabic, which share no word with Latin letters, and the scripts of East Asia, which may.
_OTHER_SCRIPT = re.compile("[\u0370-\u06ff\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_MISPLACED = re.compile(
    "[a-zA-Z][\u0370-\u06ff]|[\u0370-\u06ff][a-zA-Z]"  # two scripts in a word
    "|[a-zA-Z][\u3400-\u9fff\uac00-\ud7a3](?![\u3000-\ud7a3])"  # one sign behind Latin letters
    "|(?<=[a-zß-öø-ÿа-яά-ώ])[À-ÖØ-ÞŠŽŸА-ЯΆ-Ώ]"  # a capital behind a small letter
    f"|(?<=[a-zA-Z])[{_SIGNS}](?=[a-z])"  # punctuation in a word
    "|[à-öø-ÿ](?=[A-Z])|(?<=[a-z])í(?=(?:t|s|re|ve|ll|d|m)\\b)|(?<= )ñ(?= )"  # quotes and dashes
    "|(?<=\\d)[ÄÇЂА]\\b|(?<=\\d )[ÄÇЂА]\\b"  # 5 €
)


class Encoding(NamedTuple):
    """How the bytes of a file become text."""

    name: str
    """As people call it; `--encoding` takes it."""
    codec: str
    origin: str
    """`assumed` UTF-8, `named` by a person, by a `mark` in the file, or `guessed`."""
    mark: int = 0
    """Length of the byte-order mark, which is no text."""


def named_encoding(name: str) -> Encoding:
    """Return an encoding by any of its names.

    Raises:
        DataError: there is none of this name.
    """
    try:
        info = codecs.lookup(name.strip())
        "".encode(info.name)  # a codec of bytes, such as base64, is none
    except (LookupError, ValueError):
        raise DataError(
            f"encoding must be one that Python knows, such as utf-8, windows-1252, windows-1251, "
            f"shift_jis or gb18030, got {name!r}"
        ) from None
    codec = _SUPERSETS.get(info.name, info.name)
    return Encoding(_shown(codec), codec, "named")


def guess_encoding(blocks: Iterable[bytes], path: object) -> Encoding | None:
    """Guess the encoding of a file without a mark; None for UTF-8, broken lines of it included.

    Raises:
        DataError: several encodings are as likely, so that a guess could garble the texts.
    """
    lines = list(_sampled(blocks))
    if 2 * sum(map(mostly_utf8, lines)) >= len(lines):
        return None
    readings = _readings(lines)
    if not readings:
        raise DataError(
            f"{path} is not UTF-8 and looks like no other encoding: name it with --encoding NAME "
            "or dataset.encoding=NAME, or export the file again as UTF-8"
        )
    best = readings[0][0]
    close = [codec for score, codec in readings if score - best < _CLEAR]
    if len(close) > 1:
        names = " or ".join(map(_shown, close[:_MAX_GUESSES_NAMED]))
        raise DataError(
            f"{path} is not UTF-8, and what it holds outside ASCII fits several encodings, most "
            f"likely {names}: name the right one with --encoding NAME or dataset.encoding=NAME"
        )
    return Encoding(_shown(close[0]), close[0], "guessed")


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


def mostly_utf8(line: bytes) -> bool:
    """Say whether a line is UTF-8, or all but a few of its characters are.

    A program that cuts a field after so many bytes breaks one character of many.
    """
    text = line.decode(errors="replace")
    broken = text.count("\ufffd")
    return not broken or sum(not character.isascii() for character in text) > 2 * broken


def _sampled(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the first lines that are not ASCII, long ones cut, of a limited size altogether."""
    size, rest = 0, b""
    for block in blocks:
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
                cut = _cut(line)
                size += len(cut)
                yield cut
                if size > _SAMPLE_BYTES:
                    return
    if not rest.isascii():
        yield _cut(rest)


def _cut(line: bytes) -> bytes:
    if len(line) <= _MAX_LINE_BYTES:
        return line
    first = next(at for at, byte in enumerate(line) if byte > 127)
    piece = line[max(0, first - 100) : first + _MAX_LINE_BYTES]
    found = _LAST_CUT.match(piece)
    return found[0] if found and not found[0].isascii() else piece


def _readings(lines: list[bytes]) -> list[tuple[float, str]]:
    """Return what the lines may be, best first: encodings that give different texts, with scores.

    A score is 0 for a perfect text; it is the mess that charset-normalizer sees, plus the share of
    characters outside ASCII that are unlike any language.
    """
    from charset_normalizer import from_bytes

    sample = b"\n".join(lines)
    readings: dict[str, tuple[float, str]] = {}
    for match in from_bytes(sample, cp_isolation=_GUESSED, threshold=0.6, enable_fallback=False):
        text = str(match)
        codec = min(match.could_be_from_charset, key=_GUESSED.index)
        readings[text] = (match.chaos + _strange_share(text), codec)
    return sorted(readings.values(), key=lambda reading: (reading[0], _GUESSED.index(reading[1])))


def _strange_share(text: str) -> float:
    """Return the share of characters outside ASCII that no language has where they stand."""
    strange = total = 0
    for line in text.splitlines():
        others = [c for c in line if not c.isascii() and c not in _PUNCTUATION]
        total += len(others)
        latin = [c for c in others if not _OTHER_SCRIPT.match(c)]
        # A line is in one language.
        strange += min(sum(c not in alphabet for c in latin) for alphabet in _ALPHABETS)
        misplaced = len(_MISPLACED.findall(line))
        strange, total = strange + misplaced, total + misplaced
    return strange / total if total else 0.0


def _shown(codec: str) -> str:
    return _NAMES.get(codec, re.sub(r"^cp(125\d)$", r"windows-\1", codec))
