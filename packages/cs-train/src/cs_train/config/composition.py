"""Turns Hydra overrides into a checked configuration, or into one line that says what is wrong."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from cs_train.config.datasets import GROUP, has_own_options, known_datasets, register_datasets
from cs_train.config.schema import Config, DatasetConfig
from cs_train.errors import ConfigError

CONFIG_MODULE = "cs_train.conf"
CONFIG_NAME = "config"
HYDRA_VERSION = "1.3"


def compose(overrides: Sequence[str] = (), root: Path = Path()) -> Config:
    """Return the configuration that a run with these overrides would have.

    Args:
        overrides: as on the command line, e.g. `["experiment=best", "seed=7"]`.
        root: the folder that `dataset.data_dir` is relative to.

    Raises:
        ConfigError: one line that names the key and, for a misspelt one, the nearest there is.
    """
    register_datasets(overrides, root)
    check_choices(overrides)
    with hydra_errors(), initialize_config_module(CONFIG_MODULE, version_base=HYDRA_VERSION):
        return checked(hydra_compose(CONFIG_NAME, list(overrides)), root)


def compose_sweep(overrides: Sequence[str]) -> list[Config]:
    """Return the configuration of each run of a multirun, whose overrides may list values."""
    with hydra_errors():
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        try:
            [batch] = BasicSweeper.split_arguments(parsed, max_batch_size=None)
        except ValueError as error:  # of a range without a step
            raise ConfigError(f"{' '.join(overrides)}: {error}") from error
    if not batch:
        raise ConfigError(f"{' '.join(overrides)}: no value is left to run, so name at least one")
    return [compose(one) for one in batch]


def check_choices(overrides: Sequence[str]) -> None:
    """Check that each group of the configuration is given one name, and data sets as a group.

    Hydra raises a plain ValueError for null and numbers, and takes the last of a list.

    Raises:
        ConfigError: one line that names the group and its choices.
    """
    with hydra_errors():
        parsed = OverridesParser.create().parse_overrides(list(overrides))
    groups = _groups()
    for override in parsed:
        if override.key_or_group == f"{GROUP}.name" and has_own_options(str(override.value())):
            raise ConfigError(
                f"{override.input_line}: write {GROUP}={override.value()}, which also sets the "
                "options that it was published with"
            )
        choices = groups.get(override.key_or_group)
        if choices is None or override.is_delete():
            continue
        if not isinstance(override.value(), (str, QuotedString, dict)):  # a dict sets keys in it
            raise ConfigError(
                f"{override.input_line} must name one of {', '.join(choices)} (with -m, several, "
                "separated by commas)"
            )


@contextmanager
def hydra_errors() -> Iterator[None]:
    """Turn what Hydra raises about arguments into a ConfigError of one line."""
    try:
        yield
    except HydraException as error:
        raise ConfigError(_explain(error)) from error
    except OmegaConfBaseException as error:  # of an interpolation in Hydra's own keys
        raise ConfigError(_explain_value(error)) from error


def checked(composed: DictConfig, root: Path = Path()) -> Config:
    """Return what Hydra composed as the dataclass, with all its checks.

    Args:
        composed: what Hydra composed.
        root: the folder that `dataset.data_dir` is relative to.

    Raises:
        ConfigError: one line that names the key.
    """
    known = _known_keys()
    if "hydra" in composed:
        composed = copy.deepcopy(composed)
        with read_write(composed), open_dict(composed):
            del composed["hydra"]
    for key in _keys_of(composed):
        if key not in known:  # a leading + lets any key through Hydra
            raise ConfigError(_unknown(key))
    try:
        config = cast(Config, OmegaConf.to_object(composed))
    except OmegaConfBaseException as error:
        raise ConfigError(_explain_value(error)) from error
    _check_dataset(config.dataset, root)
    return config


def _check_dataset(dataset: DatasetConfig, root: Path) -> None:
    known = known_datasets(root / dataset.data_dir)
    if dataset.name not in known:
        raise ConfigError(_no_choice(GROUP, dataset.name, known))


def _known_keys() -> list[str]:
    return list(_keys_of(OmegaConf.structured(Config)))


def _keys_of(config: DictConfig, prefix: str = "") -> Iterator[str]:
    for key, value in config.items_ex(resolve=False):
        if isinstance(value, DictConfig) and is_dataclass(OmegaConf.get_type(value)):
            yield from _keys_of(value, prefix + str(key) + ".")
        else:
            yield prefix + str(key)


def _groups() -> dict[str, list[str]]:
    """Return the choices of each group, as the files in `conf/` have them."""
    found: dict[str, list[str]] = {}
    for file in sorted(Path(__file__).parents[1].glob("conf/*/*.yaml")):
        found.setdefault(file.parent.name, []).append(file.stem)
    registered = (name.removesuffix(".yaml") for name in ConfigStore.instance().list(GROUP))
    found[GROUP] = sorted({*found[GROUP], *registered})
    return found


def _explain(error: HydraException) -> str:
    """Return an error of Hydra, whose message has several lines, as one line."""
    text = str(error)
    missing = re.search(r"Could not find '(\w+)/(.*)'", text)
    if isinstance(error, MissingConfigException) and missing:
        group, choice = missing.groups()
        return _no_choice(group, choice, _groups().get(group, []))
    if isinstance(error, OverrideParseException):
        return (
            f"cannot read {error.override!r}: write key=value, and put a value with special "
            "characters in quotes inside quotes: 'key=\"a (b)=c\"'"
        )
    if "Ambiguous value" in text:
        found = re.search(r"'(.*)'", text)
        given = found.group(1) if found else "the value"
        return f"{given} is ambiguous: write '[a,b]' for a list, or add -m for a run per value"
    cause = error.__cause__
    unknown = re.search(r"Could not override '(.*)'", text)
    if unknown:
        nested = getattr(cause, "full_key", None)
        return _unknown(nested or unknown.group(1))
    if isinstance(cause, OmegaConfBaseException):
        return _explain_value(cause)
    return " ".join(text.split())


def _explain_value(error: OmegaConfBaseException) -> str:
    reason = str(error).splitlines()[0]
    number = re.search(r"Value (.*) of type .* could not be converted to (Integer|Float)", reason)
    if number:
        kind = {"Integer": "a whole number", "Float": "a number"}[number.group(2)]
        return f"{error.full_key} must be {kind}, got {number.group(1)}"
    return f"{error.full_key} is not valid: {reason}"


def _unknown(key: str) -> str:
    known = _known_keys()
    # `batch_size` alone is meant as `training.batch_size`.
    same_ending = [name for name in known if name.rpartition(".")[2] == key]
    if same_ending:
        return f"there is no key {key}; did you mean {same_ending[0]}?"
    hint = _nearest(key, [*known, *_groups()], "cs-train --cfg job shows all keys")
    return f"there is no key {key}; {hint}"


def _no_choice(group: str, name: str, choices: Sequence[str]) -> str:
    text = f"{group}={name}: there is no such {group}; {_nearest(name, choices)}"
    if group == GROUP:
        text += " (cs-data publish NAME FILE, or a file in data/raw, makes one more)"
    return text


def _nearest(wrong: str, choices: Sequence[str], otherwise: str = "") -> str:
    near = get_close_matches(wrong, choices, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return otherwise or f"choose {', '.join(choices)}"
