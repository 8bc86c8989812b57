"""Find `.gcp/settings.yaml` and read it; `cs_cloud.settings` checks its keys and values."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

from cs_cloud.errors import CloudError
from cs_cloud.strict_yaml.nodes import compose, entries, kind_of, line_of

SETTINGS_FILE = Path(".gcp/settings.yaml")


class Setting(NamedTuple):
    """A setting and what gave it: `FILE:LINE`, a variable, a flag, or `default`."""

    key: str
    value: str
    origin: str


def find_settings_file(start: Path) -> Path | None:
    """Return the settings file of a folder or of the nearest folder above it that has one."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder / SETTINGS_FILE
    return None


def deployment_folder(settings_file: Path | None = None) -> Path:
    """Return the folder of the settings, in which jobs, builds and triggers lie as well.

    Raises:
        CloudError: no settings file is named, and none is near.
    """
    file = settings_file or find_settings_file(Path.cwd())
    if file is None:
        raise CloudError(
            f"no {SETTINGS_FILE.as_posix()} in {Path.cwd()} or a folder above it; run this inside"
            " the repository, or name the file with --settings"
        )
    return file.parent


def read_settings_file(path: Path) -> list[Setting]:
    """Read a flat YAML mapping of names to text.

    Raises:
        CloudError: the file cannot be read, is anything but that, or holds a key twice.
    """
    root = compose(path)
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise CloudError(f"{path}:{line_of(root)}: expected lines of the form `key: value`")
    return [
        Setting(key, _text(f"{path}:{line_of(value)}", key, value), f"{path}:{line}")
        for key, (line, value) in entries(path, root).items()
    ]


def _text(where: str, key: str, value: yaml.Node) -> str:
    if not isinstance(value, yaml.ScalarNode):
        raise CloudError(f"{where}: `{key}` must be one piece of text, not a list or a mapping")
    if kind_of(value) not in ("str", "null"):
        raise CloudError(
            f'{where}: `{key}` is read as {kind_of(value)}, but must be text; write "{value.value}"'
        )
    return str(value.value) if kind_of(value) == "str" else ""
