"""Fine-tunes a transformer on support tickets.

`compose` gives a checked configuration, `fetch_splits` the tickets that it names, `run` trains on
them and returns a `RunResult`. Importing this package loads no torch.

>>> from cs_train import compose
>>> compose(["experiment=best", "seed=7"]).training.batch_size
64
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cs_train.config import Config, ConfigError, compose, compose_sweep, warnings_of

if TYPE_CHECKING:
    from cs_train.outputs.result import RunResult
    from cs_train.splits import fetch_splits
    from cs_train.training_run import run

__all__ = [
    "Config",
    "ConfigError",
    "RunResult",
    "compose",
    "compose_sweep",
    "fetch_splits",
    "run",
    "warnings_of",
]

_LATE = {
    "RunResult": "cs_train.outputs.result",
    "fetch_splits": "cs_train.splits",
    "run": "cs_train.training_run",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LATE[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
