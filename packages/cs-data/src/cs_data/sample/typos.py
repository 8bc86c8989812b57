"""What careless typing and exporting do to a text: slips, lost capitals, emoji, escaped breaks."""

from __future__ import annotations

import re
from random import Random

from cs_data.sample.random_choices import between, happens, pick

EMOJI = ("🙂", "🙏", "😕", "😅", "👍", "⚠️", "🤷")
WORD = re.compile(r"(?<![<\w])[^\W\d_]{5,}(?!\w)")


def scribble(random: Random, text: str) -> str:
    """Return the text as typed by somebody who may be careless."""
    if happens(random, 0.12):
        text = _with_slip(random, text)
    if happens(random, 0.05):
        text = text.lower()
    if happens(random, 0.06):
        text = f"{text} {pick(random, EMOJI)}"
    if happens(random, 0.08):
        text = text.replace("\n", "\\n")  # as exports do that escape their line breaks
    return text


def _with_slip(random: Random, text: str) -> str:
    """Swap two neighbouring letters inside one word."""
    words = [match.start() for match in WORD.finditer(text)]
    at = pick(random, words) + between(random, 1, 3)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
