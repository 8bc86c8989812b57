"""The configuration of a run: its schema, and the way from Hydra overrides to a checked value.

Imports no torch: whoever only wants to check overrides gets an answer at once.
"""

from __future__ import annotations

from cs_train.config.composition import ConfigFiles, checked, compose, compose_sweep
from cs_train.config.datasets import EVERYWHERE, tracked_file
from cs_train.config.schema import (
    Config,
    DatasetConfig,
    ModelConfig,
    TrainingConfig,
    WandbConfig,
)
from cs_train.config.warnings import warnings_of
from cs_train.errors import ConfigError

__all__ = [
    "EVERYWHERE",
    "Config",
    "ConfigError",
    "ConfigFiles",
    "DatasetConfig",
    "ModelConfig",
    "TrainingConfig",
    "WandbConfig",
    "checked",
    "compose",
    "compose_sweep",
    "tracked_file",
    "warnings_of",
]
