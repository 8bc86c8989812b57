"""The one exception of this package that a person can cause."""

from __future__ import annotations


class DataError(Exception):
    """Something about the data that its owner can put right.

    The message is one line: what was wrong, where (file, line, column), and what to do.
    """
