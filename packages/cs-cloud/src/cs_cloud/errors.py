"""The one exception for what a person can put right."""

from __future__ import annotations


class CloudError(Exception):
    """What was wrong, where, and what to do about it, in one line.

    Args:
        told: the line.
        command: what mends it, which the line ends with; "" where no single command does.
    """

    def __init__(self, told: str, command: str = "") -> None:
        super().__init__(f"{told}; run: {command}" if command else told)
        self.told = told
        self.command = command
