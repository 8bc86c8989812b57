"""The exception for what a person can cause and fix, and a hint for what is misspelled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches


class CloudError(Exception):
    """What was wrong, where, and how to fix it, in one line.

    Args:
        message: what was wrong and where.
        fix: a command that fixes it, appended to the message; "" where no single command does.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(f"{message}; run: {fix}" if fix else message)
        self.message = message
        self.fix = fix


def nearest(word: str, choices: Iterable[str], otherwise: str) -> str:
    """Return a hint at the choice that a word is most like, or `otherwise` if it is like none.

    Only letters and digits are compared, in any case: a choice may be quoted, or written `${name}`.
    """
    by_letters = {_letters(choice): choice for choice in choices}
    near = get_close_matches(_letters(word), by_letters, n=1, cutoff=0.5)
    return f"did you mean {by_letters[near[0]]}?" if near else otherwise


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()
