"""Read YAML into a message of an API, and keep the line of each field for later errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import yaml

from cs_cloud.errors import CloudError, nearest
from cs_cloud.strict_yaml.nodes import compose, compose_all, entries, kind_of, line_of
from cs_cloud.strict_yaml.values import TIMES, read_scalar, shape_of, substitute

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

M = TypeVar("M")


@dataclass(frozen=True)
class Located(Generic[M]):
    """A message, and the line in the file of each field that the file sets."""

    message: M
    file: Path
    lines: dict[str, int]
    """Lines (counted from 1) by field, such as `steps[0].args[1]`; "" is the whole message."""

    def has(self, field: str) -> bool:
        """Return whether the file sets a field."""
        return field in self.lines

    def line_of(self, field: str) -> int:
        """Return the line of a field, or of the nearest thing around it that the file holds."""
        while field not in self.lines:
            field = field[: max(field.rfind("."), field.rfind("["), 0)]
        return self.lines[field]

    def fault(self, field: str, text: str, *, named: bool = False) -> CloudError:
        """Return the error that a field `text`, such as `must be 1`; `named` if that names it."""
        subject = f"{field} " if field and not named else ""
        return CloudError(f"{self.file}:{self.line_of(field)}: {subject}{text}")


def locate_message(
    path: Path, kind: type[M], substitutions: Mapping[str, str] | None = None
) -> Located[M]:
    """Read the one document of a file into a message, and keep the line of each field.

    Keys are those of the API's JSON (camelCase), enums go by name, durations read `3600s`.

    Args:
        path: the YAML file.
        kind: the type of the message, one of proto-plus.
        substitutions: what `${name}` in a text stands for, `$$` being a plain `$`; None leaves
            every `$` as it is.

    Raises:
        CloudError: anything in the file that the message cannot hold.
    """
    return _locate(compose(path), path, kind, substitutions)


def locate_messages(path: Path, kind: type[M]) -> list[Located[M]]:
    """Read each document of a file as `locate_message` does, every `$` as it is."""
    return [_locate(root, path, kind, None) for root in compose_all(path)]


def _locate(
    root: yaml.Node | None, path: Path, kind: type[Any], substitutions: Mapping[str, str] | None
) -> Located[Any]:
    from google.protobuf import json_format

    message = kind.pb()()
    if root is None:
        raise CloudError(f"{path}: is empty; it must hold {_some_keys(message.DESCRIPTOR)}")
    located = Located(kind.wrap(message), path, {"": line_of(root)})
    reader = _Reader(located, message.DESCRIPTOR, substitutions)
    try:
        json_format.ParseDict(reader.message(root, message.DESCRIPTOR, ""), message)
    except (json_format.ParseError, yaml.YAMLError) as error:  # in what no rule here is about
        raise CloudError(f"{path}: {' '.join(str(error).split())}") from error
    return located


@dataclass(frozen=True)
class _Reader:
    """Walk nodes along a message's descriptor, and return what protobuf's JSON parser takes."""

    located: Located[Any]
    root: Descriptor
    substitutions: Mapping[str, str] | None

    def message(self, node: yaml.Node, descriptor: Descriptor, at: str) -> dict[str, Any]:
        fields = {field.json_name: field for field in descriptor.fields}
        found: dict[str, Any] = {}
        chosen: dict[str, str] = {}
        for name, here, value in self._entries(node, at, f"with {_some_keys(descriptor)}"):
            if name not in fields:
                hint = _explain_unknown_key(name, descriptor, self.root)
                raise self.located.fault(here, f"there is no key {here}; {hint}", named=True)
            oneof = fields[name].containing_oneof
            if oneof is not None and (other := chosen.setdefault(oneof.name, here)) != here:
                line = self.located.line_of(other)
                raise self.located.fault(
                    here, f"cannot be set together with {other} (line {line}); keep one of them"
                )
            found[name] = self._field(value, fields[name], here)
        return found

    def _field(self, node: yaml.Node, field: FieldDescriptor, at: str) -> object:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return {
                name: self._single(value, field.message_type.fields_by_name["value"], here)
                for name, here, value in self._entries(node, at, "of names to values")
            }
        if not field.is_repeated:
            return self._single(node, field, at)
        self._refuse_null(node, at)
        if not isinstance(node, yaml.SequenceNode) or kind_of(node) != "seq":
            raise self.located.fault(
                at, f"must be a list, each item behind a `-` or all in [], not {shape_of(node)}"
            )
        items = {f"{at}[{index}]": item for index, item in enumerate(node.value)}
        self.located.lines.update({here: line_of(item) for here, item in items.items()})
        return [self._single(item, field, here) for here, item in items.items()]

    def _single(self, node: yaml.Node, field: FieldDescriptor, at: str) -> object:
        self._refuse_null(node, at)
        kind = field.message_type
        if kind is None or kind.full_name in TIMES:
            fail = partial(self.located.fault, at)
            if self.substitutions is not None:
                node = substitute(node, self.substitutions, fail)
            return read_scalar(node, field, fail)
        if kind.file.package == "google.protobuf":  # such as a Struct: any value may be right
            return yaml.constructor.SafeConstructor().construct_document(node)
        return self.message(node, kind, at)

    def _entries(self, node: yaml.Node, at: str, words: str) -> list[tuple[str, str, yaml.Node]]:
        """Return the keys of a mapping, their fields (whose lines it keeps) and their values."""
        if at:
            self._refuse_null(node, at)
        if not isinstance(node, yaml.MappingNode) or kind_of(node) != "map":
            raise self.located.fault(at, f"must be a mapping {words}, not {shape_of(node)}")
        found = []
        for name, (line, value) in entries(self.located.file, node).items():
            field = f"{at}.{name}" if at else name
            self.located.lines[field] = line
            found.append((name, field, value))
        return found

    def _refuse_null(self, node: yaml.Node, at: str) -> None:
        if kind_of(node) == "null":
            raise self.located.fault(at, "is empty; give it a value, or leave it out")


def _some_keys(descriptor: Descriptor) -> str:
    names = [field.json_name for field in descriptor.fields]
    few = ", ".join(names[:5])
    return f"keys such as {few}" if len(names) > 5 else f"the keys {few}"


def _explain_unknown_key(name: str, descriptor: Descriptor, root: Descriptor) -> str:
    """Return a hint about a key that is not in `descriptor`, in a file that holds a `root`."""
    keys = [field.json_name for field in descriptor.fields]
    spelled = name.replace("_", "").replace("-", "").lower()
    if same := [key for key in keys if key.lower() == spelled]:
        return f"it is spelled {same[0]}"
    if 0 < len(places := sorted(set(_places(name, root)))) <= 2:
        return f"it belongs {' or '.join(places)}"
    return nearest(name, keys, f"the keys here are {', '.join(keys)}")


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
