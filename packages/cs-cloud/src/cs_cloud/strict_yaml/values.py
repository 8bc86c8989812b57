"""Read YAML's scalars as values of protobuf's types, and replace `${name}` in texts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import yaml

from cs_cloud.errors import CloudError, nearest
from cs_cloud.strict_yaml.nodes import kind_of

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor

Fail: TypeAlias = Callable[[str], CloudError]
"""Make the error about a field from what is wrong with it."""

TIMES = {
    "google.protobuf.Duration": "a duration in seconds such as 3600s",
    "google.protobuf.Timestamp": "a time such as 2026-01-31T12:00:00Z",
}
"""Messages that protobuf's JSON writes as one text, and what that looks like."""

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
_UNITS = re.compile(r"(?:(\d+) ?d)? ?(?:(\d+) ?h)? ?(?:(\d+) ?m(?:in)?)? ?(?:(\d+) ?s?)?", re.ASCII)
_PLACEHOLDER = re.compile(r"\$\$|\$\{([^{}]*)(\}?)")


def shape_of(node: yaml.Node) -> str:
    """Return what a node is, in words."""
    return _SHAPES.get(kind_of(node), f"tagged {kind_of(node)}")


def substitute(node: yaml.Node, substitutions: Mapping[str, str], fail: Fail) -> yaml.Node:
    """Return a text with each `${name}` replaced and `$$` as `$`, any other node as it is.

    Raises:
        CloudError: a name stands for nothing.
    """
    if kind_of(node) != "str":
        return node

    def replacement(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        if not found[2]:
            raise fail("opens `${` and does not close it; write $${ for the signs")
        if found[1] in substitutions:
            return substitutions[found[1]]
        written = [f"${{{name}}}" for name in substitutions]
        hint = nearest(found[1], written, f"the names are {', '.join(substitutions)}")
        raise fail(f"holds {found[0]}, which is not a known name; {hint}")

    return yaml.ScalarNode(node.tag, _PLACEHOLDER.sub(replacement, node.value), node.start_mark)


def read_scalar(node: yaml.Node, field: FieldDescriptor, fail: Fail) -> object:
    """Read a scalar of a field's type, in the form that protobuf's JSON parser takes.

    Raises:
        CloudError: it is of another type, or not a value of this one.
    """
    if field.cpp_type == field.CPPTYPE_BOOL:
        if kind_of(node) != "bool" or node.value.lower() not in ("true", "false"):
            raise fail(f"must be true or false, not {_shown(node)}")
        return bool(node.value.lower() == "true")
    if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_INT64):
        return _integer(node, 31 if field.cpp_type == field.CPPTYPE_INT32 else 63, fail)
    if field.cpp_type == field.CPPTYPE_ENUM:
        return _enum(node, [value.name for value in field.enum_type.values], fail)
    if field.message_type is not None:
        return _time(node, field.message_type.full_name, fail)
    text = _text(node, "text", fail)
    if field.type == field.TYPE_BYTES:
        try:
            base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise fail("must be bytes in base64") from error
    return text


def _integer(node: yaml.Node, bits: int, fail: Fail) -> int:
    # YAML 1.1 would also read 010 as eight and 1:30 as ninety.
    if kind_of(node) != "int" or not re.fullmatch(r"[+-]?(0|[1-9]\d*)", node.value, re.ASCII):
        raise fail(f"must be a whole number in plain digits, not {_shown(node)}")
    value = int(node.value)
    if not -(2**bits) <= value < 2**bits:
        raise fail(f"is {value}, but must be from {-(2**bits)} to {2**bits - 1}")
    return value


def _enum(node: yaml.Node, every: Sequence[str], fail: Fail) -> str:
    names = [name for name in every if not name.endswith("_UNSPECIFIED")]
    words = f"one of {', '.join(names)}"
    text = _text(node, words, fail)
    if text in names:
        return text
    if text in every:
        raise fail(f"is {text}, which sets nothing; leave it out")
    hint = nearest(text, names, "")
    raise fail(f"is {text}; {hint}" if hint else f"is {text}, but must be {words}")


def _time(node: yaml.Node, kind: str, fail: Fail) -> str:
    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.timestamp_pb2 import Timestamp

    words, is_duration = TIMES[kind], kind.endswith("Duration")
    if is_duration and kind_of(node) in ("int", "float"):
        raise fail(f"must be {words}{_in_seconds(node.value)}")
    is_date = kind_of(node) == "timestamp"
    text = str(node.value) if is_date else _text(node, words, fail)
    hint = _in_seconds(text) if is_duration else ""
    fault = fail(f"is {text!r}, but must be {words}{hint}")
    # protobuf itself would also take 1_0s
    if is_duration and not re.fullmatch(r"-?\d+(\.\d{1,9})?s", text, re.ASCII):
        raise fault
    try:
        (Duration() if is_duration else Timestamp()).FromJsonString(text)
    except ValueError as error:
        raise fault from error
    return text


def _text(node: yaml.Node, words: str, fail: Fail) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise fail(f"must be {words}, not {shape_of(node)}")
    if kind_of(node) != "str":  # the value is not repeated: it may be a secret
        hint = "; put it in quotes" if words == "text" else ""
        raise fail(f"is read as {shape_of(node)}, but must be {words}{hint}")
    return str(node.value)


def _in_seconds(text: str) -> str:
    """Return the hint that turns `1h30m` into seconds, "" where the text is no duration."""
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
