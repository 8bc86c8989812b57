"""Reads YAML into a message of an API: what the API does not know is told with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import yaml

from cs_cloud.errors import CloudError
from cs_cloud.strict_yaml.nodes import Place, compose, compose_all, entries, kind_of, line_of
from cs_cloud.strict_yaml.unknown_keys import explain_unknown_key
from cs_cloud.strict_yaml.values import FREE_FORM, SCALARS_IN_TEXT, Values, shape_of

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

M = TypeVar("M")


@dataclass(frozen=True)
class Located(Generic[M]):
    """A message, and the place in the file of each field that the file sets."""

    message: M
    file: Path
    lines: Mapping[str, int]
    """Lines (counted from 1) by field, such as `steps[0].args[1]`; "" is the whole."""

    def has(self, field: str) -> bool:
        """Tell whether the file sets a field."""
        return field in self.lines

    def line_of(self, field: str) -> int:
        """Return the line of a field, or of the nearest thing around it that the file holds."""
        while field not in self.lines:
            field = field[: max(field.rfind("."), field.rfind("["), 0)]
        return self.lines[field]

    def fault(self, field: str, text: str) -> CloudError:
        """Return the one line that tells what is wrong with a field."""
        return Place(self.file, self.line_of(field), field).fault(text)


def read_messages(path: Path, kind: type[M]) -> list[M]:
    """Read each document of a file into a message, every `$` as it is.

    Raises:
        CloudError: as `locate_message` does.
    """
    return [_locate(root, path, kind, None).message for root in compose_all(path)]


def locate_message(
    path: Path, kind: type[M], substitutions: Mapping[str, str] | None = None
) -> Located[M]:
    """Read a file into a message, and keep the line of each field.

    Keys are those of the API's JSON (camelCase), enums go by name, durations read `3600s`.

    Args:
        path: the YAML file.
        kind: the type of the message.
        substitutions: what `${name}` in a text stands for, `$$` being a plain `$`; None leaves
            every `$` as it is.

    Raises:
        CloudError: anything in the file that the message cannot hold.
    """
    return _locate(compose(path), path, kind, substitutions)


def _locate(
    root: yaml.Node | None, path: Path, kind: type[M], substitutions: Mapping[str, str] | None
) -> Located[M]:
    import proto
    from google.protobuf import json_format

    either: Any = kind
    wraps = issubclass(kind, proto.Message)
    message = either.pb()() if wraps else either()
    if root is None:
        raise CloudError(f"{path}: is empty; it must hold {_some_keys(message.DESCRIPTOR)}")
    reader = _Reader(path, message.DESCRIPTOR, Values(substitutions))
    place = Place(path, line_of(root))
    reader.lines[""] = place.line
    value = reader.message(root, message.DESCRIPTOR, place)
    try:
        json_format.ParseDict(value, message)
    except json_format.ParseError as error:  # what only the API's own parser knows of
        raise CloudError(f"{path}: {' '.join(str(error).split())}") from error
    return Located(either.wrap(message) if wraps else message, path, reader.lines)


class _Reader:
    """Walks nodes along a message's descriptor, and gives what protobuf's JSON parser takes."""

    def __init__(self, path: Path, root: Descriptor, values: Values) -> None:
        self.lines: dict[str, int] = {}
        self._path = path
        self._root = root
        self._values = values

    def message(self, node: yaml.Node, descriptor: Descriptor, place: Place) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode) or kind_of(node) != "map":
            raise place.fault(
                f"must be a mapping with {_some_keys(descriptor)}, not {shape_of(node)}"
            )
        fields = {field.json_name: field for field in descriptor.fields}
        found: dict[str, Any] = {}
        chosen: dict[str, Place] = {}
        for name, (line, value) in entries(self._path, node).items():
            here = place.key(name, line)
            if name not in fields:
                raise explain_unknown_key(here, name, descriptor, self._root)
            field = fields[name]
            if (oneof := field.containing_oneof) is not None:
                if (other := chosen.get(oneof.name)) is not None:
                    raise here.fault(
                        f"cannot stand beside {other.field} (line {other.line}); keep one of them"
                    )
                chosen[oneof.name] = here
            found[name] = self._field(value, field, here)
        return found

    def _field(self, node: yaml.Node, field: FieldDescriptor, place: Place) -> object:
        self.lines[place.field] = place.line
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return self._map(node, field.message_type, place)
        if not field.is_repeated:
            return self._single(node, field, place)
        _refuse_null(node, place)
        if not isinstance(node, yaml.SequenceNode) or kind_of(node) != "seq":
            raise place.fault(
                f"must be a list, each item behind a `-` or all in [], not {shape_of(node)}"
            )
        items = []
        for index, item in enumerate(node.value):
            here = place.item(index, line_of(item))
            self.lines[here.field] = here.line
            items.append(self._single(item, field, here))
        return items

    def _map(self, node: yaml.Node, entry: Descriptor, place: Place) -> dict[str, Any]:
        _refuse_null(node, place)
        if not isinstance(node, yaml.MappingNode) or kind_of(node) != "map":
            raise place.fault(f"must be a mapping of names to values, not {shape_of(node)}")
        value_field = entry.fields_by_name["value"]
        found = {}
        for name, (line, value) in entries(self._path, node).items():
            here = place.key(name, line)
            self.lines[here.field] = here.line
            found[name] = self._single(value, value_field, here)
        return found

    def _single(self, node: yaml.Node, field: FieldDescriptor, place: Place) -> object:
        kind = field.message_type
        if kind is not None and kind.full_name in FREE_FORM:
            return self._values.free_form(node, kind, place)
        _refuse_null(node, place)
        if kind is None or kind.full_name in SCALARS_IN_TEXT:
            return self._values.scalar(node, field, place)
        if (wrapped := _wrapped(kind)) is not None:
            return self._values.scalar(node, wrapped, place)
        return self.message(node, kind, place)


def _refuse_null(node: yaml.Node, place: Place) -> None:
    if kind_of(node) == "null":
        raise place.fault("is empty; give it a value, or leave it out")


def _wrapped(kind: Descriptor) -> FieldDescriptor | None:
    if kind.file.name == "google/protobuf/wrappers.proto":
        value: FieldDescriptor = kind.fields_by_name["value"]
        return value
    return None


def _some_keys(descriptor: Descriptor) -> str:
    names = [field.json_name for field in descriptor.fields]
    few = ", ".join(names[:5])
    return f"keys such as {few}" if len(names) > 5 else f"the keys {few}"
