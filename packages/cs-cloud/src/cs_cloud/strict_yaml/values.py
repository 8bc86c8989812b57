"""Reads YAML's scalars as values of protobuf's types, and replaces `${name}` in its texts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

import yaml

from cs_cloud.strict_yaml.nodes import Place, entries, kind_of, line_of

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

SCALARS_IN_TEXT = {
    "google.protobuf.Duration": "a duration in seconds such as 3600s",
    "google.protobuf.Timestamp": "a time such as 2026-01-31T12:00:00Z",
    "google.protobuf.FieldMask": "fields with commas between, such as name,dockerImage",
}
"""Messages that protobuf's JSON writes as one text, and what that looks like."""
FREE_FORM = {f"google.protobuf.{name}" for name in ("Struct", "Value", "ListValue", "Any")}
"""Messages that hold any JSON."""

_SHAPES = {
    "map": "a mapping",
    "seq": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a date",
}
_INTEGERS = {
    3: (-(2**63), 2**63 - 1),  # int64
    4: (0, 2**64 - 1),  # uint64
    5: (-(2**31), 2**31 - 1),  # int32
    6: (0, 2**64 - 1),  # fixed64
    7: (0, 2**32 - 1),  # fixed32
    13: (0, 2**32 - 1),  # uint32
    15: (-(2**31), 2**31 - 1),  # sfixed32
    16: (-(2**63), 2**63 - 1),  # sfixed64
    17: (-(2**31), 2**31 - 1),  # sint32
    18: (-(2**63), 2**63 - 1),  # sint64
}
"""By the numbers of types in protobuf's own descriptor.proto, as are the three below."""
_FLOATS = (1, 2)
_BOOL = 8
_BYTES = 12
_ENUM = 14
_UNITS = re.compile(r"(?:(\d+) ?d)? ?(?:(\d+) ?h)? ?(?:(\d+) ?m(?:in)?)? ?(?:(\d+) ?s?)?", re.ASCII)
_PLACEHOLDER = re.compile(r"\$\$|\$\{([^{}]*)(\}?)")


def shape_of(node: yaml.Node) -> str:
    """Return what a node is, in words."""
    return _SHAPES.get(kind_of(node), f"tagged {kind_of(node)}")


class Values:
    """Values of scalar nodes, in the form that protobuf's JSON parser takes."""

    def __init__(self, substitutions: Mapping[str, str] | None) -> None:
        self._substitutions = substitutions

    def scalar(self, node: yaml.Node, field: FieldDescriptor, place: Place) -> object:
        """Read a scalar of a field's type.

        Raises:
            CloudError: it is of another type, or not a value of this one.
        """
        if field.message_type is not None:
            return self._in_text(node, field.message_type, place)
        if field.type == _BOOL:
            return _boolean(node, place)
        if field.type in _INTEGERS:
            return _integer(node, place, *_INTEGERS[field.type])
        if field.type in _FLOATS:
            return _number(node, place)
        if field.type == _ENUM:
            text = self._text(node, place, f"one of {', '.join(_enum_names(field.enum_type))}")
            _check_enum(text, field.enum_type, place)
            return text
        text = self._text(node, place, "text")
        if field.type == _BYTES:
            _check_base64(text, place)
        return text

    def free_form(self, node: yaml.Node, kind: Descriptor, place: Place) -> object:
        """Read any JSON, as a message of a type that holds it."""
        from google.protobuf import json_format, message_factory

        value = self._json(node, place)
        try:
            json_format.ParseDict(value, message_factory.GetMessageClass(kind)())
        except json_format.ParseError as error:
            raise place.fault(f"is not a {kind.name}: {' '.join(str(error).split())}") from error
        return value

    def _json(self, node: yaml.Node, place: Place) -> object:
        if isinstance(node, yaml.MappingNode):
            return {
                name: self._json(value, place.key(name, line))
                for name, (line, value) in entries(place.file, node).items()
            }
        if isinstance(node, yaml.SequenceNode):
            return [
                self._json(item, place.item(index, line_of(item)))
                for index, item in enumerate(node.value)
            ]
        if kind_of(node) == "null":
            return None
        if kind_of(node) == "bool":
            return _boolean(node, place)
        if kind_of(node) in ("int", "float"):
            return _number(node, place)
        return self._text(node, place, "text")

    def _in_text(self, node: yaml.Node, kind: Descriptor, place: Place) -> str:
        from google.protobuf import message_factory

        words = SCALARS_IN_TEXT[kind.full_name]
        duration = kind.full_name == "google.protobuf.Duration"
        if duration and kind_of(node) in ("int", "float"):
            raise place.fault(f"must be {words}{_in_seconds(node.value)}")
        bare_date = kind_of(node) == "timestamp"
        text = str(node.value) if bare_date else self._text(node, place, words)
        hint = _in_seconds(text) if duration else ""
        fault = place.fault(f"is {text!r}, but must be {words}{hint}")
        if duration and not re.fullmatch(r"-?\d+(\.\d{1,9})?s", text, re.ASCII):
            raise fault
        try:
            message_factory.GetMessageClass(kind)().FromJsonString(text)
        except ValueError as error:
            raise fault from error
        return text

    def _text(self, node: yaml.Node, place: Place, words: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise place.fault(f"must be {words}, not {shape_of(node)}")
        if kind_of(node) != "str":  # the value is not repeated: it may be a secret
            hint = "; put it in quotes" if words == "text" else ""
            raise place.fault(f"is read as {shape_of(node)}, but must be {words}{hint}")
        return self._replace(str(node.value), place)

    def _replace(self, text: str, place: Place) -> str:
        substitutions = self._substitutions
        if substitutions is None:
            return text

        def replacement(found: re.Match[str]) -> str:
            if found[0] == "$$":
                return "$"
            if not found[2]:
                raise place.fault("opens `${` and does not close it; write $${ for the signs")
            if found[1] in substitutions:
                return substitutions[found[1]]
            near = get_close_matches(found[1].lower(), substitutions, n=1, cutoff=0.5)
            known = f"the names are {', '.join(substitutions)}"
            hint = f"did you mean ${{{near[0]}}}?" if near else known
            raise place.fault(f"holds {found[0]}, which stands for nothing; {hint}")

        return _PLACEHOLDER.sub(replacement, text)


def _boolean(node: yaml.Node, place: Place) -> bool:
    if kind_of(node) != "bool" or node.value.lower() not in ("true", "false"):
        raise place.fault(f"must be true or false, not {_shown(node)}")
    return bool(node.value.lower() == "true")


def _integer(node: yaml.Node, place: Place, lowest: int, highest: int) -> int:
    # YAML 1.1 would also read 010 as eight and 1:30 as ninety.
    if kind_of(node) != "int" or not re.fullmatch(r"[+-]?(0|[1-9]\d*)", node.value, re.ASCII):
        raise place.fault(f"must be a whole number in plain digits, not {_shown(node)}")
    value = int(node.value)
    if not lowest <= value <= highest:
        raise place.fault(f"is {value}, but must be from {lowest} to {highest}")
    return value


def _number(node: yaml.Node, place: Place) -> float | int:
    if kind_of(node) not in ("int", "float"):
        raise place.fault(f"must be a number, not {_shown(node)}")
    try:
        return int(node.value) if kind_of(node) == "int" else float(node.value)
    except ValueError as error:
        raise place.fault(f"must be a plain number such as 0.5, not {node.value}") from error


def _enum_names(kind: EnumDescriptor) -> list[str]:
    return [value.name for value in kind.values if not value.name.endswith("_UNSPECIFIED")]


def _check_enum(text: str, kind: EnumDescriptor, place: Place) -> None:
    names = _enum_names(kind)
    if text in names:
        return
    if text in kind.values_by_name:
        raise place.fault(f"is {text}, which says nothing; leave it out")
    near = get_close_matches(text.upper(), names, n=1)
    hint = f"; did you mean {near[0]}?" if near else f", but must be one of {', '.join(names)}"
    raise place.fault(f"is {text}{hint}")


def _check_base64(text: str, place: Place) -> None:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise place.fault("must be bytes in base64") from error


def _in_seconds(text: str) -> str:
    """Return the hint that turns `1h30m` into seconds, nothing where that is no duration."""
    found = _UNITS.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return ""
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    in_seconds = f"{((days * 24 + hours) * 60 + minutes) * 60 + seconds}s"
    return f"; write {in_seconds}" if in_seconds != text else ""


def _shown(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or len(node.value) > 20:
        return shape_of(node)
    return repr(node.value) if kind_of(node) == "str" else str(node.value)
