"""The exception of this package that a person can cause and correct."""

from __future__ import annotations


class DataError(Exception):
    """Something about the data that a person can correct.

    The message is one line: what was wrong, where (file, line, column), and what to do.
    """
