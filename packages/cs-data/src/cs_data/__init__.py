"""Support tickets in, clean splits out.

`fetch` returns a data set by name, `prepare` turns any CSV export into one, `make_sample` writes a
CSV export to try them on. Importing this package loads neither Arrow nor numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cs_data.errors import DataError
from cs_data.preparing.manifest import Manifest, Splits
from cs_data.preparing.options import PrepareOptions

if TYPE_CHECKING:
    from cs_data.datasets import fetch
    from cs_data.preparing.preparation import prepare
    from cs_data.sample import make_sample

__all__ = [
    "DataError",
    "Manifest",
    "PrepareOptions",
    "Splits",
    "fetch",
    "make_sample",
    "prepare",
]

_LATE = {
    "fetch": "cs_data.datasets",
    "make_sample": "cs_data.sample",
    "prepare": "cs_data.preparing.preparation",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LATE[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
