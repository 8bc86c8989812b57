"""Compares a field of a protobuf message, named by a path, with a value written in a filter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2, timestamp_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from cs_cloud.testing.errors import invalid

_Found = tuple[Any, FieldDescriptor | None]

_ORDER = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def compare(message: Message, path: tuple[str, ...], operator: str, literal: str) -> bool:
    """Tell whether the comparison holds; a field that is not set passes only `!=` and `!~`.

    Raises:
        ApiError: no such field, or a value that is not of its type.
    """
    value, field = _resolve(message, path)
    negative = operator in ("!=", "!~")
    if value is None:
        return negative
    if operator == ":" and literal == "*":
        return bool(value)
    if operator in ("=~", "!~"):
        return bool(re.search(literal, str(value))) is not negative
    if operator == ":" and isinstance(value, str):
        return literal.lower() in value.lower()
    left, right = _comparable(value, field, literal)
    if operator in _ORDER:
        return bool(_ORDER[operator](left, right))
    return bool(left == right) is not negative


def _resolve(message: object, path: tuple[str, ...]) -> _Found:
    value: Any = message
    field: FieldDescriptor | None = None
    for index, part in enumerate(path):
        if isinstance(value, Mapping):
            # a label's name may itself hold dots
            key = part if part in value else ".".join(path[index:])
            if key not in value:
                return None, None
            return (value[key], None) if key != part else _resolve_rest(value[part], path, index)
        if isinstance(value, struct_pb2.Struct):
            if part not in value:
                return None, None
            value = value[part]
            continue
        field = _field(value, part, path)
        if field.has_presence and not value.HasField(field.name):
            return None, field
        value = getattr(value, field.name)
    return value, field


def _resolve_rest(value: object, path: tuple[str, ...], index: int) -> _Found:
    return (value, None) if index == len(path) - 1 else _resolve(value, path[index + 1 :])


def _field(value: object, part: str, path: tuple[str, ...]) -> FieldDescriptor:
    descriptor = getattr(value, "DESCRIPTOR", None)
    for field in descriptor.fields if descriptor else ():
        if part in (field.name, field.camelcase_name):
            found: FieldDescriptor = field
            return found
    raise invalid(f"Invalid filter: field not found: '{'.'.join(path)}'.")


def _comparable(value: object, field: FieldDescriptor | None, literal: str) -> tuple[Any, Any]:
    try:
        if isinstance(value, timestamp_pb2.Timestamp):
            wanted = timestamp_pb2.Timestamp()
            wanted.FromJsonString(literal)
            return value.ToNanoseconds(), wanted.ToNanoseconds()
        if field and field.enum_type:
            return value, field.enum_type.values_by_name[literal].number
        if isinstance(value, bool):
            return value, {"true": True, "false": False}[literal.lower()]
        if isinstance(value, int | float):
            return value, float(literal)
    except (ValueError, KeyError) as error:
        raise invalid(f"Invalid filter: '{literal}' is not a value of this field.") from error
    return str(value), literal
