"""Reads `dataset.labels`, whichever way it is written, and refuses what would not stay as written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from cs_data import DataError
from cs_train.config.written_lists import (
    is_list,
    is_mapping,
    quoted,
    read_list,
    read_mapping,
    split,
    unquoted,
)
from cs_train.errors import ConfigError

_KEY = "dataset.labels"


def read_labels(given: object) -> object:
    """Return the labels as a list or a mapping of texts; what is neither, as it is.

    Args:
        given: a text as it was typed, or what stands in a YAML file.

    Raises:
        ConfigError: a label is null, or a number or truth value that YAML has changed already.
    """
    if isinstance(given, str):
        return _read_text(given)
    pairs = given.items() if isinstance(given, Mapping) else ()
    listed = given if isinstance(given, list | tuple) else ()
    for text in (*listed, *(text for pair in pairs for text in pair)):
        if text is None:
            raise ConfigError(
                f"{_KEY} holds null, which is no label: leave its value out, and such rows are not "
                "used"
            )
        # YAML reads 1.10 as 1.1 and yes as true
        if isinstance(text, bool | float):
            raise ConfigError(
                f"{_KEY} holds {text}, which may not be how it was written: put it into quotes, as "
                "it is in the file"
            )
    return given


def write_labels(labels: Mapping[str, str] | list[str] | tuple[str, ...]) -> str:
    """Return the text that `read_labels` reads as these labels, whatever characters they hold."""
    if isinstance(labels, Mapping):
        return f"{{{','.join(f'{quoted(k)}:{quoted(v)}' for k, v in labels.items())}}}"
    return f"[{','.join(map(quoted, labels))}]"


def _read_text(text: str) -> object:
    text = text.strip()
    if is_mapping(text):
        pairs = read_mapping(text)
        _refuse_nulls(pairs)
        keys = [key for key, _ in pairs]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise ConfigError(f"{_KEY}: {twice[0]!r} is mapped twice")
        return {key: unquoted(label) for key, label in pairs}
    if is_list(text):
        names = read_list(text)
        if names:
            _refuse_nulls([(part, part) for part in split(text[1:-1])])
        return names
    if text[:1] in ("[", "{"):
        raise ConfigError(f"{_KEY}: cannot read {text!r}: the bracket is not closed")
    if not {",", "="} & set(text):
        return text
    from cs_data.arguments import read_labels as read_plain

    try:
        labels = read_plain(text)
    except DataError as error:
        raise ConfigError(str(error).replace("--labels", _KEY, 1)) from error
    return labels if isinstance(labels, dict) else [label.strip() for label in labels]


def _refuse_nulls(pairs: list[tuple[str, str]]) -> None:
    left = [(key, label) for key, label in pairs if label.casefold() not in ("null", "~", "")]
    if len(left) == len(pairs):
        return
    key, label = next(pair for pair in pairs if pair not in left)
    rest = {key: unquoted(label) for key, label in left}
    is_mapped = key != label
    written = write_labels(rest if is_mapped else list(rest))
    command = shlex.quote(f"{_KEY}={written}")
    what = f"the label of {key!r} is {label or 'empty'}" if is_mapped else f"{label or 'a label'}"
    raise ConfigError(
        f"{_KEY}: {what}, which is no label: leave it out, and its rows are not used: "
        f"{command}" + ("" if len(set(rest.values())) > 1 else " (with at least two labels)")
    )
