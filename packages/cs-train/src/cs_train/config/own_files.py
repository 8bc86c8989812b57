"""Finds where in a person's own configuration files a mistake stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path


def used_files(config_dir: Path, config_name: str, choices: Mapping[str, object]) -> list[Path]:
    """Return the files of a folder that a configuration was composed from.

    Args:
        config_dir: the folder.
        config_name: of the primary configuration.
        choices: the file that was chosen of each group.
    """
    names = [f"{group}/{choice}" for group, choice in choices.items()]
    files = [config_dir / f"{name}.yaml" for name in (config_name, *names)]
    return [file for file in files if file.is_file()]


def place_of(key: str, files: Iterable[Path]) -> str:
    """Return the first file and line that sets a key, to put in front of a message; "" if none."""
    name = re.escape(key.rpartition(".")[2])
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            if re.match(rf"""\s*(?:- )?["']?{name}["']?\s*:""", line) and _may_set(key, file):
                return f"{file}, line {number}: "
    return ""


def _may_set(key: str, file: Path) -> bool:
    """Return whether a file can be about a key: one of its own section, or of all sections."""
    section = key.partition(".")[0]
    own = file.parent.name
    return own == section or own not in ("dataset", "model", "training", "wandb")


def undecodable(config_dir: Path) -> Path | None:
    """Return the first file of a folder that is not encoded in UTF-8."""
    for file in sorted(config_dir.rglob("*.yaml")):
        try:
            file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return file
    return None


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()
