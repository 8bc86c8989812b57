"""The one exception type that this package raises for what a caller can mend."""

from __future__ import annotations


class ModelError(Exception):
    """A model, a label set or an input cannot be used; the message says which and what to do."""
