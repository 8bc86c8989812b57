"""The one exception type of this package for what a caller can correct."""

from __future__ import annotations


class ModelError(Exception):
    """A model, a label set or an input cannot be used; the message says which and what to do."""
