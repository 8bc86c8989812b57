"""The one exception type of this package for what a caller can correct."""

from __future__ import annotations


class ModelError(Exception):
    """A model, a label set or an input cannot be used; the message says which and what to do."""


def cannot_load(model: object, error: BaseException, reason: str = "") -> ModelError:
    """Return the error that a model cannot be loaded: for the reason, or the first line of one."""
    reason = reason or (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelError(f"cannot load the model {model}: {reason}")
