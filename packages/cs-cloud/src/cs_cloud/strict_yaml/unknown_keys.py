"""Says what a key that a message does not have was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

    from cs_cloud.strict_yaml.nodes import Place


def explain_unknown_key(
    place: Place, name: str, descriptor: Descriptor, root: Descriptor
) -> CloudError:
    """Return the one line about an unknown key: how it is spelt, where it belongs, or what it is.

    Args:
        place: where the key stands.
        name: the key.
        descriptor: the message that does not have it.
        root: the message that the file as a whole is.
    """
    names = [field.json_name for field in descriptor.fields]
    hint = _hint(name, names, root)
    return CloudError(f"{place.file}:{place.line}: there is no key {place.field}; {hint}")


def _hint(name: str, names: list[str], root: Descriptor) -> str:
    by_letters = {_letters(known): known for known in names}
    if (same := by_letters.get(_letters(name))) is not None:
        return f"it is spelt {same}"
    if 0 < len(places := sorted(set(_places(name, root)))) <= 2:
        return f"it belongs {' or '.join(places)}"
    if near := get_close_matches(_letters(name), by_letters, n=1):
        return f"did you mean {by_letters[near[0]]}?"
    return f"the keys here are {', '.join(names)}"


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _places(
    name: str, descriptor: Descriptor, path: str = "", above: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield where below a message a key of this name is known, such as `steps[].timing`."""
    if descriptor.full_name in above or descriptor.file.package == "google.protobuf":
        return
    above |= {descriptor.full_name}
    for field in descriptor.fields:
        if field.json_name == name:
            yield f"under {path}" if path else "at the top of the file"
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            here = f"{path}.{field.json_name}" if path else field.json_name
            yield from _places(
                name, field.message_type, here + ("[]" if field.is_repeated else ""), above
            )
