"""The data sets that a run can choose: those that everybody has, and those in its data folder.

Each becomes a choice of the group `dataset`, with the options that it was published with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore

from cs_data import DataError, PrepareOptions
from cs_data.dataset_names import CUSTOM, PUBLIC, SAMPLE, find_raw, names_in
from cs_data.tracked_file import TrackedFile
from cs_train.config.written_lists import escape_references
from cs_train.errors import ConfigError

GROUP = "dataset"
EVERYWHERE = (SAMPLE, *PUBLIC)
"""Data sets that need no file of the folder in which a run is configured."""
_FOLDER_KEY = "dataset.data_dir"
_registered: dict[str, dict[str, Any]] = {}


def register_datasets(overrides: Sequence[str] = (), root: Path = Path()) -> None:
    """Let Hydra know the data sets, instead of those that were registered before.

    Args:
        overrides: may name another data folder with dataset.data_dir.
        root: the folder that the data folder is relative to.
    """
    store = ConfigStore.instance()
    for name in _registered:
        del store.repo[GROUP][f"{name}.yaml"]
    _registered.clear()
    folder = root / _data_dir(overrides)
    for name in {*PUBLIC, *names_in(folder)}:
        _registered[name] = _published_keys(name, folder)
        store.store(group=GROUP, name=name, node={"name": name, **_registered[name]})


def has_own_options(name: str) -> bool:
    """Return whether a registered data set was published with options."""
    return bool(_registered.get(name))


def known_datasets(data_dir: Path) -> list[str]:
    """Return the names of the data sets that a run can choose."""
    return sorted({SAMPLE, CUSTOM, *PUBLIC, *names_in(data_dir)})


def _published_keys(name: str, data_dir: Path) -> dict[str, Any]:
    """Return the values of `DatasetConfig` that a data set was published with."""
    try:
        options = PrepareOptions.published(tracked_file(name, data_dir))
    except (ConfigError, DataError):  # is raised again, and reported, when the data set is used
        return {}
    return {key: _as_node(getattr(options, key)) for key in options.changes()}


def _as_node(value: Any) -> Any:  # noqa: ANN401 whatever an option holds
    """Return a value of an option as one of Hydra's, in which every text stays as it is."""
    if isinstance(value, str):
        return escape_references(value)
    if isinstance(value, Mapping):
        return {key: _as_node(one) for key, one in value.items()}
    return [*map(_as_node, value)] if isinstance(value, tuple) else value


def tracked_file(name: str, data_dir: Path) -> TrackedFile | None:
    """Return the version of a data set that its `.dvc` file names, None if it has none.

    Raises:
        ConfigError: the file cannot be used.
    """
    if name in (SAMPLE, CUSTOM):
        return None
    try:
        return TrackedFile.beside(find_raw(name, data_dir))
    except DataError as error:
        raise ConfigError(str(error)) from error


def _data_dir(overrides: Iterable[str]) -> str:
    folder = "data"
    for text in overrides:
        key, _, value = text.partition("=")
        if key.lstrip("+") == _FOLDER_KEY:
            folder = value.strip("'\"")
    return folder
