"""Report an optional dependency that is not installed as what to install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from cs_data.errors import DataError

_LIBRARIES = {"dvc": "DVC", "hub": "huggingface_hub", "plots": "Matplotlib"}


@contextmanager
def needs_extra(extra: Literal["dvc", "hub", "plots"], purpose: str) -> Iterator[None]:
    """Run imports that only an extra of this package installs.

    Args:
        extra: the one that installs what the block imports.
        purpose: what cannot be done without, the subject of the error message.

    Raises:
        DataError: something that the block imports is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise DataError(
            f"{purpose} needs {_LIBRARIES[extra]} ({error}): pip install 'cs-data[{extra}]'"
        ) from error
