"""Compares a field of a protobuf message, named by a path, with a value written in a filter."""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Mapping
from typing import Any, cast

from google.protobuf import struct_pb2, timestamp_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from fake_google_cloud.errors import invalid

_COMPARISONS = {
    "=": operators.eq,
    ":": operators.eq,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


def compare(message: Message, path: tuple[str, ...], operator: str, literal: str) -> bool:
    """Tell whether the comparison holds; a field that is not set passes only `!=` and `!~`.

    Raises:
        ApiError: no such field, or a value that is not of its type.
    """
    value, field = _resolve(message, path, None)
    if operator in ("!=", "!~"):
        return not _holds(value, field, operator.replace("!=", "=").replace("!~", "=~"), literal)
    return _holds(value, field, operator, literal)


def _holds(value: object, field: FieldDescriptor | None, operator: str, literal: str) -> bool:
    if value is None:
        return False
    if field and field.is_repeated:
        return any(_holds(item, None, operator, literal) for item in cast("list[Any]", value))
    if operator == ":" and literal == "*":
        return bool(value)
    if operator == "=~":
        return bool(re.search(literal, str(value)))
    if operator == ":" and isinstance(value, str):
        return literal.lower() in value.lower()
    left, right = _comparable(value, field, literal)
    return bool(_COMPARISONS[operator](left, right))


def _resolve(
    value: Any,  # noqa: ANN401  a message, a mapping or a value inside of one
    path: tuple[str, ...],
    field: FieldDescriptor | None,
) -> tuple[Any, FieldDescriptor | None]:
    if not path:
        return value, field
    if isinstance(value, Mapping | struct_pb2.Struct):
        # a label's name may itself hold dots
        key = path[0] if path[0] in value else ".".join(path)
        if key not in value:
            return None, None
        return _resolve(value[key], path[1:] if key == path[0] else (), None)
    field = _field(value, path[0], path)
    if field.has_presence and not value.HasField(field.name):
        return None, field
    return _resolve(getattr(value, field.name), path[1:], field)


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
