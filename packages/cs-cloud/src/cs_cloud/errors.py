"""The exception for everything that a person can cause, and can fix."""

from __future__ import annotations


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
