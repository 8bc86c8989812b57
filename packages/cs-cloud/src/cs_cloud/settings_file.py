"""Finds `.gcp/settings.yaml` and reads it; `cs_cloud.settings` says what its values may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from cs_cloud.errors import CloudError

SETTINGS_FILE = Path(".gcp/settings.yaml")
_YAML = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Entry:
    """A value of the file, as text, and the line (counted from 1) of its key."""

    text: str
    line: int


def find_settings_file(start: Path) -> Path | None:
    """Return the settings file of a folder or of the nearest folder above it that has one."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder / SETTINGS_FILE
    return None


def read_settings_file(path: Path) -> dict[str, Entry]:
    """Read a flat YAML mapping of names to text.

    The document is only composed into nodes, never constructed: no tag in it can make an object.

    Raises:
        CloudError: the file cannot be read, is anything but that, or holds a key twice.
    """
    root = _compose(path)
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise CloudError(f"{_at(path, root)}: expected lines of the form `key: value`")
    entries: dict[str, Entry] = {}
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode):
            raise CloudError(f"{_at(path, key)}: a key must be a plain name")
        if key.value in entries:
            first = entries[key.value].line
            raise CloudError(
                f"{_at(path, key)}: `{key.value}` already stands in line {first}; keep one of them"
            )
        entries[key.value] = Entry(_text(path, key.value, value), key.start_mark.line + 1)
    return entries


def _compose(path: Path) -> yaml.Node | None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise CloudError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CloudError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else path
        raise CloudError(f"{where}: is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise CloudError(f"{path}: is not YAML: {str(error).splitlines()[0]}") from error


def _text(path: Path, key: str, value: yaml.Node) -> str:
    where = _at(path, value)
    if not isinstance(value, yaml.ScalarNode):
        raise CloudError(f"{where}: `{key}` must be one piece of text, not a list or a mapping")
    if value.tag == _YAML + "null":
        return ""
    if value.tag != _YAML + "str":
        raise CloudError(
            f"{where}: `{key}` is read as {value.tag.removeprefix(_YAML)}, but must be text;"
            f' write "{value.value}"'
        )
    return str(value.value)


def _at(path: Path, node: yaml.Node) -> str:
    return f"{path}:{node.start_mark.line + 1}"
