"""The exception for everything that a person can cause, and can fix."""

from __future__ import annotations

from collections.abc import Sequence
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


def did_you_mean(text: str, known: Sequence[str], otherwise: str, cutoff: float = 0.6) -> str:
    """Return a question with the known name that is nearest to a text, or else another hint."""
    near = get_close_matches(text, known, n=1, cutoff=cutoff)
    return f"did you mean {near[0]}?" if near else otherwise
