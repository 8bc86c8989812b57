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


def clean_value(text: str) -> str:
    """Return a label or language on one line, with single blanks."""
    return " ".join(clean_text(text).split())
