"""Turn what an export holds in a text field into plain text, step by step."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial
from operator import methodcaller
from typing import Literal, NamedTuple


class Replace(NamedTuple):
    """A step that replaces every occurrence of a string or of a regular expression."""

    pattern: str | re.Pattern[str]
    replacement: str


class Normalize(NamedTuple):
    """A step that converts to a Unicode normalization form."""

    form: Literal["NFC"]


Step = Replace | Normalize

STEPS: tuple[Step, ...] = (
    # C0 and C1 controls except tab, line feed and carriage return; byte-order marks.
    Replace(re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]"), ""),
    Replace("\r\n", "\n"),
    Replace("\r", "\n"),
    Replace("\\r\\n", "\n"),
    Replace("\\n", "\n"),
    Replace("\\t", "\t"),
    Normalize("NFC"),
    Replace(re.compile("[ \t]+\n"), "\n"),
    Replace(re.compile("\n{3,}"), "\n\n"),
)
"""The steps of `clean_text` in order, which strips blanks at both ends after them. The regular
expressions mean the same to `re` and to Oniguruma, which tokenizers use."""


def _function(step: Step) -> Callable[[str], str]:
    if isinstance(step, Normalize):
        return partial(unicodedata.normalize, step.form)
    if isinstance(step.pattern, str):
        return methodcaller("replace", *step)
    return partial(step.pattern.sub, step.replacement)


_CONTROLS, _CRLF, _CR, _CRLF_ESCAPE, _LF_ESCAPE, _TAB_ESCAPE, _NFC, _TRAILING, _EMPTY_LINES = map(
    _function, STEPS
)


def clean_text(text: str) -> str:
    r"""Return the text as a person would have typed it.

    The two characters `\` and `n` (also `\r\n` and `\t`), which many exports write for a line
    break, become real ones; line ends are `\n`; Unicode is in normal form C; control characters,
    blanks at line ends and more than one empty line in a row are removed. Cleaning twice gives the
    same as cleaning once.
    """
    # Each step stands behind a cheap test of whether it could change anything.
    if not text.isprintable():  # most one-line fields are
        text = _CONTROLS(text)
        if "\r" in text:
            text = _CR(_CRLF(text))
    if "\\" in text:
        text = _TAB_ESCAPE(_LF_ESCAPE(_CRLF_ESCAPE(text)))
    if not text.isascii():
        text = _NFC(text)
    if " \n" in text or "\t\n" in text:
        text = _TRAILING(text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES(text)
    return text.strip()


def ticket_text(fields: Iterable[str]) -> str:
    """Return the text of a ticket: its cleaned text fields, joined by line breaks."""
    return "\n".join(filter(None, map(clean_text, fields)))


# Format characters (Unicode's category Cf) without the few that are seen, and the other letters and
# marks that Unicode calls ignorable. A joiner (U+200C, U+200D) changes how the letters of some
# scripts and emoji look, so it stays between two of them.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINED = "[\u0600-\u1cff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]"
_STRAY_JOINER = re.compile(f"(?<!{_JOINED})[\u200c\u200d]+|[\u200c\u200d]+(?!{_JOINED})")


def clean_value(text: str) -> str:
    r"""Return the name of a label, language or column as it looks: on one line, single blanks.

    Control characters and what cannot be seen (zero-width characters, direction marks, soft
    hyphens) are removed, and Unicode is in normal form C. Nothing is unescaped: `CORP\network` is
    a name with a backslash. Cleaning twice gives the same as cleaning once.
    """
    if not text.isprintable():  # most names are
        text = _CONTROLS(text)
    if not text.isascii():
        text = _NFC(_STRAY_JOINER.sub("", _INVISIBLE.sub("", text)))
    return " ".join(text.split())
