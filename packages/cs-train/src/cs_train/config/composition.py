"""Turns Hydra overrides into a checked configuration, or into one line that says what is wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import cast
from warnings import catch_warnings, simplefilter

from hydra import version
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString
from hydra.initialize import get_gh_backup, restore_gh_from_backup
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from cs_train.config.datasets import GROUP, has_own_options, known_datasets, register_datasets
from cs_train.config.explanations import configuration_errors, no_choice, unknown_key, unreadable
from cs_train.config.key_reference import group_choices, known_keys
from cs_train.config.own_files import place_of, used_files
from cs_train.config.schema import Config, DatasetConfig
from cs_train.config.typed_text import take_as_typed
from cs_train.errors import ConfigError

CONFIG_MODULE = "cs_train.conf"
HYDRA_VERSION = "1.3"


@dataclass(frozen=True)
class ConfigFiles:
    """Where the configuration comes from: this package, and a folder of one's own beside it."""

    config_dir: Path | None = None
    config_name: str = "config"

    def __post_init__(self) -> None:
        if self.config_dir is not None and not self.config_dir.is_dir():
            raise ConfigError(f"--config-dir {self.config_dir}: there is no such folder")


_OURS = ConfigFiles()


def compose(
    overrides: Sequence[str] = (), root: Path = Path(), files: ConfigFiles = _OURS
) -> Config:
    """Return the configuration that a run with these overrides would have.

    Args:
        overrides: as on the command line, e.g. `["experiment=best", "seed=7"]`.
        root: the folder that `dataset.data_dir` is relative to.
        files: a folder of configuration files beside those of this package.

    Raises:
        ConfigError: one line that names the key and, for a misspelt one, the nearest there is.
    """
    with hydra_with(files) as hydra:
        return checked(composed(hydra, overrides, root, files), root, files)


def compose_sweep(overrides: Sequence[str], files: ConfigFiles = _OURS) -> list[Config]:
    """Return the configuration of each run of a multirun, whose overrides may list values."""
    overrides = take_as_typed(overrides, sweep=True)
    with configuration_errors(files.config_dir):
        parsed = OverridesParser.create().parse_overrides(overrides)
        try:
            [batch] = BasicSweeper.split_arguments(parsed, max_batch_size=None)
        except ValueError as error:  # of a range without a step
            raise ConfigError(f"{' '.join(overrides)}: {error}") from error
    if not batch:
        raise ConfigError(f"{' '.join(overrides)}: no value is left to run, so name at least one")
    with hydra_with(files) as hydra:
        return [checked(composed(hydra, one, files=files), files=files) for one in batch]


@contextmanager
def hydra_with(files: ConfigFiles) -> Iterator[Hydra]:
    """Give a Hydra that finds these files."""
    backup = get_gh_backup()
    version.setbase(HYDRA_VERSION)
    search_path = create_config_search_path(f"pkg://{CONFIG_MODULE}")
    if files.config_dir is not None:
        folder = f"file://{files.config_dir.absolute()}"
        search_path.prepend("command-line", folder, SearchPathQuery(provider="schema"))
    hydra = Hydra.create_main_hydra2("train", search_path)
    try:
        yield hydra
    finally:
        restore_gh_from_backup(backup)


def composed(
    hydra: Hydra,
    overrides: Sequence[str],
    root: Path = Path(),
    files: ConfigFiles = _OURS,
    mode: RunMode = RunMode.RUN,
) -> DictConfig:
    """Return what Hydra makes of the overrides, its own keys included.

    Raises:
        ConfigError: an override or a file cannot be used.
    """
    overrides = take_as_typed(overrides, sweep=mode == RunMode.MULTIRUN)
    register_datasets(overrides, root)
    with configuration_errors(files.config_dir), catch_warnings():
        simplefilter("error", UserWarning)  # of a folder of configuration files that is not there
        _check_choices(overrides, files, mode)
        return hydra.compose_config(files.config_name, overrides, mode, from_shell=False)


def _check_choices(overrides: Sequence[str], files: ConfigFiles, mode: RunMode) -> None:
    """Check that each group of the configuration is given one name, and data sets as a group.

    Hydra raises a plain ValueError for null and numbers, and takes the last of a list.

    Raises:
        ConfigError: one line that names the group and its choices.
    """
    groups = group_choices(files.config_dir)
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        if override.key_or_group in ("", "hydra"):
            raise ConfigError(unreadable(override.input_line or ""))
        if override.key_or_group == f"{GROUP}.name" and has_own_options(str(override.value())):
            raise ConfigError(
                f"{override.input_line}: write {GROUP}={override.value()}, which also sets the "
                "options that it was published with"
            )
        choices = groups.get(override.key_or_group)
        if choices is None or override.is_delete():
            continue
        if mode == RunMode.MULTIRUN and override.is_sweep_override():
            continue
        if not isinstance(override.value(), (str, QuotedString, dict)):  # a dict sets keys in it
            raise ConfigError(
                f"{override.input_line} must name one of {', '.join(choices)} (with -m, several, "
                "separated by commas)"
            )


def checked(composed: DictConfig, root: Path = Path(), files: ConfigFiles = _OURS) -> Config:
    """Return what Hydra composed as the dataclass, with all its checks.

    Args:
        composed: what Hydra composed.
        root: the folder that `dataset.data_dir` is relative to.
        files: what it was composed from.

    Raises:
        ConfigError: one line that names the key, and the file of one's own that sets it.
    """
    known = known_keys()
    own = copy.deepcopy(composed)
    with read_write(own), open_dict(own):
        own.pop("hydra", None)
    for key in _keys_of(own):
        if key not in known:  # a leading + lets any key through Hydra
            raise ConfigError(unknown_key(key))
    try:
        with configuration_errors(files.config_dir):
            config = cast(Config, OmegaConf.to_object(own))
        _check_dataset(config.dataset, root)
    except ConfigError as error:
        if files.config_dir is None or "hydra" not in composed:
            raise
        chosen = used_files(files.config_dir, files.config_name, composed.hydra.runtime.choices)
        key = str(error).partition(" ")[0].rstrip(":")
        overridden = any(line.startswith(f"{key}=") for line in composed.hydra.overrides.task)
        place = "" if overridden or key not in known else place_of(key, chosen)
        raise ConfigError(f"{place}{error}") from error
    return config


def _check_dataset(dataset: DatasetConfig, root: Path) -> None:
    known = known_datasets(root / dataset.data_dir)
    if dataset.name not in known:
        raise ConfigError(no_choice(GROUP, dataset.name, known))


def _keys_of(config: DictConfig, prefix: str = "") -> Iterator[str]:
    for key, value in config.items_ex(resolve=False):
        if isinstance(value, DictConfig) and is_dataclass(OmegaConf.get_type(value)):
            yield from _keys_of(value, prefix + str(key) + ".")
        else:
            yield prefix + str(key)
