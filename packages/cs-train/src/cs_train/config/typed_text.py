"""Takes the values of text keys as they were typed, so that Hydra's grammar cannot change them.

A text key is one whose value is a name of the user's own: a file, a column, a label, an encoder.
Its value is text, whatever characters it holds: `Priorität`, `Parent::Child`, `1.10`. Only `null`,
a reference such as `${oc.env:HOME}` and a value in quotes keep the meaning that Hydra gives them.
With -m, commas outside of quotes and brackets separate the values of the runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from hydra.core.override_parser.types import Quote, QuotedString

from cs_train.config.key_reference import all_keys
from cs_train.config.written_lists import (
    escape_references,
    is_list,
    is_mapping,
    read_list,
    split,
    unquoted,
)

_OVERRIDE = re.compile(r"(?P<plus>\+{0,2})(?P<key>[\w.]+)=(?P<value>.*)", re.DOTALL)
_FUNCTION = re.compile(r"(?:choice|range|interval|glob|shuffle|sort|tag)\(.*\)", re.DOTALL)


def take_as_typed(overrides: Sequence[str], *, sweep: bool = False) -> list[str]:
    """Return the overrides with the values of text keys quoted for Hydra.

    What it has returned it returns unchanged. A path of tickets implies `dataset=custom`.

    Args:
        overrides: as on the command line.
        sweep: whether commas separate the values of several runs.
    """
    written = [_as_typed(text, sweep=sweep) for text in overrides]
    keys = [text.partition("=")[0].lstrip("+") for text in written]
    has_path = any(
        key == "dataset.path" and not text.endswith("=null")
        for key, text in zip(keys, written, strict=True)
    )
    if has_path and not {"dataset", "dataset.name"} & set(keys):
        return ["dataset=custom", *written]
    return written


def literal(key: str, value: object) -> str:
    """Return the override that gives a key this value, quoted for Hydra: any text is kept."""
    return f"{key}={_literal(value)}"


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        # omegaconf would resolve a reference, also in a quoted text
        return str(QuotedString(escape_references(value), Quote.single).with_quotes())
    if isinstance(value, Sequence):
        return f"[{','.join(map(_literal, value))}]"
    return str(value)


def _as_typed(override: str, *, sweep: bool) -> str:
    found = _OVERRIDE.fullmatch(override)
    kind = found and _text_keys().get(found["key"])
    if not found or kind is None:
        return override
    text = found["value"].strip()
    if not sweep:
        value = _value(text, kind)
    elif _FUNCTION.fullmatch(text):
        return override
    else:
        value = ",".join(_value(part, kind) for part in split(text))
    return f"{found['plus']}{found['key']}={value}"


def _value(text: str, kind: type) -> str:
    if text.casefold() in ("", "null") or "${" in text:
        return text
    if kind is list and is_mapping(text):
        return text  # Hydra refuses it
    if _is_quoted(text) and (kind is str or is_list(text)):
        return text
    if kind is list:
        names = read_list(text) if is_list(text) else [unquoted(part) for part in split(text)]
        return _literal(names)
    return _literal(text)


def _is_quoted(text: str) -> bool:
    """Return whether this is a text in quotes, or a list of such, which Hydra reads as it is."""
    parts = split(text[1:-1]) if is_list(text) else [text]
    return all(unquoted(part) != part for part in parts)


@cache
def _text_keys() -> dict[str, type]:
    """Return the text keys, and whether each holds a text or a list of texts."""
    kinds = {str: str, str | None: str, Any: str, list[str]: list}
    return {
        key.name: kinds[key.hint] for key in all_keys() if key.hint in kinds and not key.choices
    }
