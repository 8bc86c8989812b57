"""The one exception type of this package for what a caller can correct."""

from __future__ import annotations


class ModelError(Exception):
    """A model, a label set or an input cannot be used; the message says which and what to do."""


def cannot_load(model: object, error: BaseException, reason: str = "") -> ModelError:
    """Return the error that a model cannot be loaded: for the reason, or the first line of one."""
    return ModelError(f"cannot load the model {model}: {reason or first_line(error)}")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, and the second if the first announces it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
