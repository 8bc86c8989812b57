"""Reads `dataset.labels`, whichever way it is written; each label stays as it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cs_data import DataError
from cs_data.preparing.label_arguments import parse_labels
from cs_train.config.written_lists import (
    is_list,
    is_mapping,
    quoted,
    read_list,
    read_mapping,
    unquoted,
)
from cs_train.errors import ConfigError

_KEY = "dataset.labels"


def read_labels(given: object) -> object:
    """Return labels that were typed as a list or a mapping of texts; all else, as it is.

    Args:
        given: `low,high`, `[low,high]`, `P1=high,P2=low` or `{P1:high,P2:low}`, or what stands in a
            YAML file.

    Raises:
        ConfigError: a text cannot be read.
    """
    if not isinstance(given, str):
        return given
    text = given.strip()
    if is_mapping(text):
        pairs = read_mapping(text)
        if twice := [key for key, _ in pairs if [key for key, _ in pairs].count(key) > 1]:
            raise ConfigError(f"{_KEY}: {twice[0]!r} is mapped twice")
        # A label that is null, not "null", leaves its value out.
        return {key: None if _is_null(label) else unquoted(label) for key, label in pairs}
    if is_list(text):
        return read_list(text)
    if text[:1] in ("[", "{"):
        raise ConfigError(f"{_KEY}: cannot read {text!r}: the bracket is not closed")
    if not {",", "="} & set(text):
        return text
    try:
        labels = parse_labels(text)
    except DataError as error:
        raise ConfigError(str(error).replace("--labels", _KEY, 1)) from error
    return dict(labels) if isinstance(labels, Mapping) else list(labels)


def write_labels(labels: Mapping[str, str] | Sequence[str]) -> str:
    """Return the text that `read_labels` reads as these labels, whatever characters they hold."""
    if isinstance(labels, Mapping):
        return f"{{{','.join(f'{quoted(k)}:{quoted(v)}' for k, v in labels.items())}}}"
    return f"[{','.join(map(quoted, labels))}]"


def _is_null(label: str) -> bool:
    return label.casefold() in ("null", "~")
