"""The arguments of `cs-train`: a file of tickets, flags of cs-data and of Hydra, and overrides."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from hydra._internal.utils import get_args_parser

from cs_data.arguments import add_prepare_options, chosen_options, prepare_options
from cs_model.bulk.tickets import looks_like_a_file
from cs_train.config import ConfigError, ConfigFiles
from cs_train.config.key_reference import nearest_key
from cs_train.config.labels import write_labels
from cs_train.config.typed_text import literal

_COMMANDS = ("run", "multirun", "cfg", "info", "shell_completion")


@dataclass(frozen=True)
class Arguments:
    """What the command line asks for."""

    words: list[str]
    """What is neither a flag nor a file: overrides, or with --help what to explain."""
    overrides: list[str]
    """The words, after what the file and the flags of cs-data mean as overrides."""
    files: ConfigFiles
    flags: argparse.Namespace
    """Hydra's flags, with the overrides."""


def read_arguments(given: Sequence[str]) -> Arguments:
    """Return what the arguments ask for.

    Raises:
        ConfigError: they contradict each other, or are none that this command has.
        DataError: a flag of cs-data has a value that cannot work.
    """
    flags = _parser().parse_intermixed_args(given)
    if "" in (*flags.overrides, flags.config_dir, flags.config_name):
        raise ConfigError("an argument is empty, as a variable that is not set is: leave it out")
    _refuse_two_commands(flags)
    is_run = not (flags.help or flags.hydra_help or flags.shell_completion)
    exports = [word for word in flags.overrides if is_run and _is_export(word)]
    words = [word for word in flags.overrides if word not in exports]
    flags.overrides = [*_of_file(exports, words), *words, *_of_flags(flags, words)]
    files = ConfigFiles(
        flags.config_dir and Path(flags.config_dir), flags.config_name or ConfigFiles.config_name
    )
    return Arguments(words, flags.overrides, files, flags)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cs-train",
        parents=[get_args_parser()],
        add_help=False,
        allow_abbrev=False,
        conflict_handler="resolve",  # of --version
    )
    add_version(parser)
    add_prepare_options(parser)
    flags = parser._option_string_actions
    parser.error = partial(_refuse, flags=flags)  # type: ignore[method-assign]
    return parser


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add the flag that prints the version of this package."""
    version = f"cs-train {metadata.version('cs-train')}"
    text = "print the version"
    parser.add_argument("--version", action="version", version=version, help=text)


def _refuse(message: str, flags: Collection[str]) -> NoReturn:
    unknown = re.search(r"unrecognized arguments: --?([\w-]+)", message)
    near = nearest_key(unknown[1].replace("-", "_")) if unknown else None
    flag = "--" + (near or "").rpartition(".")[2].replace("_", "-")
    is_flag = flag in flags and (near or "").startswith("dataset.")
    hint = f"did you mean {flag if is_flag else f'{near}=…'}? " if near else ""
    raise ConfigError(
        f"{message}; {hint}values are set as key=value, and cs-train --help shows the keys"
    )


def _refuse_two_commands(flags: argparse.Namespace) -> None:
    chosen = [name for name in _COMMANDS if getattr(flags, name)]
    if len(chosen) > 1:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in chosen)
        raise ConfigError(f"{names} cannot be used together: leave out all but one")
    if (flags.resolve or flags.package) and not (flags.cfg or flags.help):
        raise ConfigError("--resolve and --package are for --cfg job: add it, or leave them out")


def _is_export(word: str) -> bool:
    """Return whether a word is a file, or looks like the path of one that holds tickets."""
    key, equals, _ = word.partition("=")
    if equals and nearest_key(key.lstrip("+~")) == key.lstrip("+~"):
        return False
    if Path(word).is_dir():
        raise ConfigError(f"{word} is a folder: name the file of the tickets in it")
    return Path(word).exists() or (not equals and looks_like_a_file(word))


def _of_file(exports: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    if len(exports) > 1:
        raise ConfigError(f"{exports[0]} and {exports[1]}: a run reads one file of tickets")
    for file in exports:
        if named := [word for word in words if word.startswith("dataset.path=")]:
            raise ConfigError(f"{file} and {named[0]}: name the file of the tickets once")
        if not any(word.startswith("dataset=") for word in words):
            yield "dataset=custom"
        yield literal("dataset.path", file)


def _of_flags(flags: argparse.Namespace, words: Sequence[str]) -> Iterator[str]:
    """Yield the overrides that the flags of cs-data mean; their values are taken literally."""
    options = prepare_options(flags)
    for name in chosen_options(flags):
        if twice := [word for word in words if word.lstrip("+").startswith(f"dataset.{name}=")]:
            raise ConfigError(f"{twice[0]} is also given by a flag: give it once")
        value = getattr(options, name)
        yield literal(f"dataset.{name}", write_labels(value) if name == "labels" else value)
