"""Turns what an export holds in a text field into plain text; what is left is judged elsewhere."""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls but tab, line feed and carriage return; and a byte-order mark inside the text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_TRAILING_BLANKS = re.compile(r"[ \t]+\n")
_MANY_LINE_BREAKS = re.compile(r"\n{3,}")


def clean_text(text: str) -> str:
    r"""Give the text as a person would have typed it.

    The two characters `\` and `n` (also `\r\n` and `\t`), which many exports write for a line
    break, become real ones; line ends are `\n`; Unicode is in normal form C; control characters,
    blanks at line ends and more than one empty line in a row are gone. Cleaning twice gives the
    same as cleaning once.
    """
    if not text.isprintable():  # a cheap test that most one-line fields pass
        text = _CONTROL.sub("", text)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in text:
        text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\t", "\t")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if " \n" in text or "\t\n" in text:
        text = _TRAILING_BLANKS.sub("\n", text)
    if "\n\n\n" in text:
        text = _MANY_LINE_BREAKS.sub("\n\n", text)
    return text.strip()


def clean_value(text: str) -> str:
    """Give a label or language on one line, with single blanks."""
    return " ".join(clean_text(text).split())
