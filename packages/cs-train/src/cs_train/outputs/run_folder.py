"""The folder of a run, and its log.

It belongs to one run alone, and is removed if that run fails early.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from cs_train.errors import ConfigError

_CONFIGURATION = ".hydra"
_LOG = "train.log"
_OURS = ("cs_train", "cs_data", "cs_model")


@contextmanager
def run_folder(composed: DictConfig) -> Iterator[Path]:
    """Claim the folder that Hydra made, save the configuration there, and yield it.

    Hydra, left to itself, would write the configuration over that of the run whose folder it is.

    Raises:
        ConfigError: the folder holds something already.
    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    configuration = folder / _CONFIGURATION
    try:
        _refuse_to_share(folder, hydra)
        configuration.mkdir()
    except FileExistsError:  # another run has just claimed it
        _refuse_to_share(folder, hydra)
        raise
    try:
        OmegaConf.save(composed, configuration / "config.yaml", resolve=True)
        OmegaConf.save(hydra.overrides.task, configuration / "overrides.yaml")
        OmegaConf.save(HydraConfig.instance().cfg, configuration / "hydra.yaml")
        yield folder
    except BaseException:
        if {path.name for path in folder.iterdir()} <= {_CONFIGURATION, _LOG}:
            _remove(folder, hydra)
        raise


def refuse_used_folder(folder: Path, key: str) -> None:
    """Raise a ConfigError, which names the key of the folder, if it holds something."""
    found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if found:
        owner = "is another run's folder" if _CONFIGURATION in found else f"holds {found[0]!r}"
        raise ConfigError(f"{folder} {owner}: name a new folder with {key}")


def _refuse_to_share(folder: Path, hydra: HydraConf) -> None:
    key = "hydra.sweep.dir" if hydra.mode == RunMode.MULTIRUN else "hydra.run.dir"
    refuse_used_folder(folder, key)


def _remove(folder: Path, hydra: HydraConf) -> None:
    shutil.rmtree(folder / _CONFIGURATION)
    (folder / _LOG).unlink(missing_ok=True)
    if any("hydra.run.dir=" in override for override in hydra.overrides.hydra):
        return  # a person named it, and may have made it
    with suppress(OSError):  # the folder of the date, or that of all runs, holds others
        folder.rmdir()
        folder.parent.rmdir()
        folder.parent.parent.rmdir()


def shortest_path(path: Path) -> str:
    """Return a path relative to this folder if that is shorter."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        return str(path)
    return min(str(path.absolute()), relative, key=len)


@contextmanager
def log_to(folder: Path) -> Iterator[Console]:
    """Log into a run's folder and to standard error; yield the console that a bar may share."""
    file = logging.FileHandler(folder / _LOG, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    console = Console(stderr=True)
    terminal = _ConsoleHandler(console)
    terminal.addFilter(_is_for_people)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for handler in (file, terminal):
        root.addHandler(handler)
    try:
        yield console
    finally:
        for handler in (file, terminal):
            root.removeHandler(handler)
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        file.close()


class _ConsoleHandler(logging.Handler):
    """Prints lines above the progress bar, each as long as it is."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        prefix = f"{record.levelname.lower()}: " if record.levelno > logging.INFO else ""
        line = prefix + record.getMessage()
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _is_for_people(record: logging.LogRecord) -> bool:
    """Return whether a line is our own or a library's error; its warnings are in the file."""
    return record.name.partition(".")[0] in _OURS or record.levelno >= logging.ERROR
