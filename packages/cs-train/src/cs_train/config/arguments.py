"""Reads the arguments of `cs-train` before Hydra does, which would explain mistakes at length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from hydra._internal.utils import get_args_parser

from cs_train.errors import ConfigError


@dataclass(frozen=True)
class Arguments:
    """What a person asks the command for."""

    overrides: list[str]
    is_sweep: bool
    """Whether there is a run for each combination of values."""
    shows_configuration: bool
    """Whether nothing is run, and the configuration is shown instead."""
    is_for_hydra_alone: bool
    """Whether it is help, or names configuration files that only Hydra reads."""


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Return what the arguments ask for.

    Raises:
        ConfigError: one line that says which of them is wrong.

    """
    parser = get_args_parser()
    parser.error = _refuse_argument  # type: ignore[method-assign]
    given = parser.parse_args(arguments)
    if (given.resolve or given.package) and not (given.cfg or given.help):
        raise ConfigError("--resolve and --package are for --cfg job: add it, or leave them out")
    helps = given.help or given.hydra_help or given.shell_completion
    own_files = given.config_dir or given.config_path or given.config_name
    return Arguments(
        overrides=given.overrides,
        is_sweep=given.multirun or "hydra.mode=MULTIRUN" in given.overrides,
        shows_configuration=bool(given.cfg or given.info),
        is_for_hydra_alone=bool(helps or own_files or given.experimental_rerun),
    )


def _refuse_argument(message: str) -> NoReturn:
    raise ConfigError(f"{message}; values are set as key=value, and cs-train --help shows the keys")
