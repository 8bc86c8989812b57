"""Reads the arguments of `cs-train` before Hydra does, which would tell mistakes at length."""

from __future__ import annotations

from typing import NoReturn

from hydra._internal.utils import get_args_parser

from cs_train.config import Config, ConfigError, compose, compose_sweep


def configurations(arguments: list[str]) -> list[Config]:
    """Return the configuration of each run that the arguments ask for.

    There is none where they ask for help, or name files of the person's own: those Hydra reads.

    Raises:
        ConfigError: one line that says what is wrong with them.

    """
    parser = get_args_parser()
    parser.error = _refuse_argument  # type: ignore[method-assign]
    given = parser.parse_args(arguments)
    if given.help or given.hydra_help or given.shell_completion:
        return []
    if given.config_dir or given.config_path or given.config_name:
        return []
    return compose_sweep(given.overrides) if given.multirun else [compose(given.overrides)]


def _refuse_argument(message: str) -> NoReturn:
    raise ConfigError(f"{message}; values are set as key=value, and cs-train --help shows the keys")
