"""How labels are written on a command line: `--labels A,B`, `--labels A=x,B=y`, `--label A=x`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from cs_data.cleaning import clean_value
from cs_data.errors import DataError

Labels = Sequence[str] | Mapping[str, str]
"""Labels, each the value that it is called like, or the label of each value."""


def label_pairs(labels: Labels) -> Iterable[tuple[str, str]]:
    """Return each value with its label."""
    return labels.items() if isinstance(labels, Mapping) else zip(labels, labels, strict=True)


def parse_labels(text: str) -> Labels:
    """Read `low,medium,high` or `P1=high,P2=low,Spam=`.

    Raises:
        DataError: a value has no label where others have one, or has two.
    """
    parts = text.split(",")
    if not any("=" in part for part in parts):
        return tuple(parts)
    for part in parts:
        if "=" not in part:
            raise DataError(f"--labels: {part!r} has no label: write {part}=LABEL")
    return _mapping("--labels", parts)


def parse_label_pairs(parts: Sequence[str]) -> Labels:
    """Read `VALUE=LABEL`, of which the last equals sign counts; `VALUE`, `=VALUE` and `VALUE=`.

    A value alone is a label by its own name, also behind a leading equals sign, which allows it to
    hold others. A value whose label is empty is left out.

    Raises:
        DataError: a value has two labels.
    """
    return _mapping("--label", parts)


def _mapping(option: str, parts: Sequence[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for part in parts:
        value, equals, label = part.rpartition("=")
        if not equals or part.startswith("="):
            value = label = part.removeprefix("=")
        value = clean_value(value)
        if value in labels:
            raise DataError(f"{option}: {value!r} is mapped twice")
        labels[value] = label
    return labels


def label_arguments(labels: Labels) -> str:
    """Return the arguments that name these labels, or the label of each value, for a shell."""
    simple = not any(sign in name for pair in label_pairs(labels) for name in pair for sign in ",=")
    if isinstance(labels, Mapping):
        texts = [f"{value}={label}" for value, label in labels.items()]
    else:
        texts = [f"={label}" if "=" in label else label for label in labels]
    if simple:
        return _argument("--labels", ",".join(texts))
    return " ".join(_argument("--label", text) for text in texts)


def _argument(option: str, text: str) -> str:
    # Double quotes are understood by every shell, also that of Windows.
    quoted = shlex.quote(text) if re.search(r'["$`!\\]', text) else f'"{text}"'
    # What begins with a hyphen would be read as another option.
    return f"{option}={quoted}" if text.startswith("-") else f"{option} {quoted}"
