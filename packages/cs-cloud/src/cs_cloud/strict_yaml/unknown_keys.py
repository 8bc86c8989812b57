"""Explain a key that a message does not have: how it is spelled, or where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor


def explain_unknown_key(name: str, descriptor: Descriptor, root: Descriptor) -> str:
    """Return a hint about a key that is not in `descriptor`, in a file that holds a `root`."""
    by_letters = {_letters(field.json_name): field.json_name for field in descriptor.fields}
    if (same := by_letters.get(_letters(name))) is not None:
        return f"it is spelled {same}"
    if 0 < len(places := sorted(set(_places(name, root)))) <= 2:
        return f"it belongs {' or '.join(places)}"
    if near := get_close_matches(_letters(name), by_letters, n=1):
        return f"did you mean {by_letters[near[0]]}?"
    return f"the keys here are {', '.join(by_letters.values())}"


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _places(
    name: str, descriptor: Descriptor, path: str = "", above: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield where below a message a key of this name is known, such as `steps[].timing`."""
    if descriptor.full_name in above or descriptor.file.package == "google.protobuf":
        return
    for field in descriptor.fields:
        if field.json_name == name:
            yield f"under {path}" if path else "at the top of the file"
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            here = f"{path}.{field.json_name}" if path else field.json_name
            here += "[]" if field.is_repeated else ""
            yield from _places(name, field.message_type, here, above | {descriptor.full_name})
