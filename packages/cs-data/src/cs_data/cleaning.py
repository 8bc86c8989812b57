"""Turn what an export holds in a text field into plain text, step by step."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from typing import Literal, NamedTuple

from cs_data.html_text import escape_tags, html_to_text, is_html
from cs_data.quoted_mail import without_quoted_mail
from cs_data.windows_paths import PATH_SIGNS, WINDOWS_PATH


class Replace(NamedTuple):
    """A step that replaces every occurrence of a string or of a regular expression."""

    pattern: str | re.Pattern[str]
    replacement: str


class Normalize(NamedTuple):
    """A step that converts to a Unicode normalization form."""

    form: Literal["NFC"]


class Unescape(NamedTuple):
    """A step that replaces an escape, a regular expression, except in Windows paths."""

    escape: str
    replacement: str


Step = Replace | Normalize | Unescape

STEPS: tuple[Step, ...] = (
    # C0 and C1 controls except tab, line feed and carriage return; byte-order marks.
    Replace(re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]"), ""),
    Replace("\r\n", "\n"),
    Replace("\r", "\n"),
    Normalize("NFC"),
    Unescape(r"\\r\\n|\\n", "\n"),
    Unescape(r"\\t", "\t"),
    # Without the lookbehind, a long run of blanks would be searched from each of its blanks.
    Replace(re.compile("(?<![ \t])[ \t]+\n"), "\n"),
    Replace(re.compile("\n{3,}"), "\n\n"),
)
"""The steps that every text goes through, in order; blanks at both ends are stripped after them.
The regular expressions mean the same to `re` and to Oniguruma, which tokenizers use."""


def _function(step: Step) -> Callable[[str], str]:
    if isinstance(step, Normalize):
        return partial(unicodedata.normalize, step.form)
    if isinstance(step, Unescape):
        return partial(_unescape, *step, re.compile(f"{WINDOWS_PATH}|({step.escape})"))
    if isinstance(step.pattern, str):
        return methodcaller("replace", *step)
    return partial(step.pattern.sub, step.replacement)


def _unescape(escape: str, replacement: str, path_or_escape: re.Pattern[str], text: str) -> str:
    if not any(sign in text for sign in PATH_SIGNS):
        return re.sub(escape, replacement, text)
    pieces: list[str] = []
    start, at = 0, text.find("\\")
    while at >= 0:  # faster than a search, since the pattern begins with what stands before it
        match = path_or_escape.match(text, at)
        end = match.end() if match else at + 1
        if match and match[1]:
            pieces += text[start:at], replacement
            start = end
        at = text.find("\\", end)
    return "".join([*pieces, text[start:]])


_CONTROLS, _CRLF, _CR, _NFC, _LF_ESCAPE, _TAB_ESCAPE, _TRAILING, _EMPTY_LINES = map(
    _function, STEPS
)


@dataclass(frozen=True)
class Cleaning:
    """What is taken out of a text beyond the steps that each text goes through."""

    strip_html: bool = True
    """Turn texts that are plainly HTML into plain text."""
    strip_quoted_mail: bool = False
    """Leave out the mail that a mail answers, and signatures."""


class CleanedTicket(NamedTuple):
    """The text of a ticket, and what was taken out of it."""

    text: str
    had_html: bool
    had_quoted_mail: bool


_DEFAULT = Cleaning()


def clean_text(text: str, cleaning: Cleaning = _DEFAULT) -> str:
    r"""Return the text as a person would have typed it.

    The two characters `\` and `n` (also `\r\n` and `\t`), which many exports write for a line
    break, become real ones, except in Windows paths; line ends are `\n`; Unicode is in normal form
    C; control characters, blanks at line ends and more than one empty line in a row are removed.
    HTML becomes plain text, and quoted mail is left out, as `cleaning` says. Cleaning twice gives
    the same as cleaning once.
    """
    return clean_ticket([text], cleaning).text


def ticket_text(fields: Iterable[str], cleaning: Cleaning = _DEFAULT) -> str:
    """Return the text of a ticket: its cleaned text fields, joined by line breaks."""
    return clean_ticket(fields, cleaning).text


def clean_ticket(fields: Iterable[str], cleaning: Cleaning = _DEFAULT) -> CleanedTicket:
    """Return what `ticket_text` returns, and what was taken out of it."""
    had_html = had_quoted_mail = False

    def without_html(text: str) -> str:
        nonlocal had_html
        if not (cleaning.strip_html and is_html(text)):
            return text
        had_html = True
        text = _plain(html_to_text(text))
        return escape_tags(text) if is_html(text) else text

    text = "\n".join(filter(None, (without_html(_plain(field)) for field in fields)))
    while True:  # what is left may be HTML where all of it was not
        own = without_html(text)
        if cleaning.strip_quoted_mail:
            shorter = _plain(without_quoted_mail(own))
            had_quoted_mail |= shorter != own
            own = shorter
        if own == text:
            return CleanedTicket(text, had_html, had_quoted_mail)
        text = own


def _plain(text: str) -> str:
    # Each step stands behind a cheap test of whether it could change anything.
    if not text.isprintable():  # most one-line fields are
        text = _CONTROLS(text)
        if "\r" in text:
            text = _CR(_CRLF(text))
    if not text.isascii():
        text = _NFC(text)
    if "\\n" in text:
        text = _LF_ESCAPE(text)
    if "\\t" in text:
        text = _TAB_ESCAPE(text)
    if " \n" in text or "\t\n" in text:
        text = _TRAILING(text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES(text)
    return text.strip()


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
