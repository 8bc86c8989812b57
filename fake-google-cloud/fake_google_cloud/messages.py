"""Protobuf messages to and from JSON, as strict as the APIs are.

Where protobuf's own parser is lenient (numbers of no enum value), this is not; and what it refuses
is told in the words of the API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import proto
from google.protobuf import json_format
from google.protobuf.message import Message

from fake_google_cloud.errors import invalid

AnyMessage: TypeAlias = Message | proto.Message

_UNKNOWN_FIELD = re.compile(r'has no field named "(?P<name>[^"]*)" at "(?P<path>[^"]*)"')
_UNKNOWN_ENUM = re.compile(
    r"Invalid enum value (?P<value>.*) for enum type (?P<type>\S+) at (?P<path>\S+)"
)


def message_class(annotated: type[AnyMessage]) -> type[Message]:
    """Return the protobuf class of a proto-plus class, or the class itself if it is one."""
    pb: type[Message] = annotated if issubclass(annotated, Message) else annotated.pb()
    return pb


def to_protobuf(message: AnyMessage) -> Message:
    """Return the protobuf message inside a proto-plus message, or the message itself."""
    pb: Message = message if isinstance(message, Message) else type(message).pb(message)
    return pb


def from_dict(document: dict[str, Any], target: type[Message]) -> Message:
    """Parse JSON that was already loaded.

    Raises:
        ApiError: a field or an enum value is unknown, or a value is of the wrong type.
    """
    message = target()
    try:
        json_format.ParseDict(document, message)
    except json_format.ParseError as error:
        raise invalid(_in_the_words_of_the_api(str(error))) from error
    check_enums(message)
    return message


def to_dict(message: AnyMessage, *, integer_enums: bool = False) -> dict[str, Any]:
    """Return a message as JSON has it."""
    document: dict[str, Any] = json_format.MessageToDict(
        to_protobuf(message), use_integers_for_enums=integer_enums
    )
    return document


def check_enums(message: Message) -> None:
    """Refuse numbers that their enum does not have."""
    for path, field, number in _enum_values(message, ""):
        if number not in field.enum_type.values_by_number:
            raise invalid(
                f"Invalid value at '{path}'"
                f" (type.googleapis.com/{field.enum_type.full_name}), {number}"
            )


def _enum_values(message: Message, prefix: str) -> Iterator[tuple[str, Any, int]]:
    for field, value in message.ListFields():
        path = f"{prefix}{field.name}"
        if field.type == field.TYPE_ENUM:
            for number in value if field.is_repeated else [value]:
                yield path, field, number
        elif field.type == field.TYPE_MESSAGE:
            if not field.is_repeated:
                yield from _enum_values(value, f"{path}.")
            elif not field.message_type.GetOptions().map_entry:
                for index, item in enumerate(value):
                    yield from _enum_values(item, f"{path}[{index}].")


def _in_the_words_of_the_api(error: str) -> str:
    if found := _UNKNOWN_FIELD.search(error):
        path = _snake_case(found["path"].partition(".")[2])
        where = f" at '{path}'" if path else ""
        return (
            f'Invalid JSON payload received. Unknown name "{found["name"]}"{where}:'
            " Cannot find field."
        )
    if found := _UNKNOWN_ENUM.search(error):
        path = _snake_case(found["path"].strip(".").partition(".")[2])
        return (
            f"Invalid value at '{path}' (type.googleapis.com/{found['type']}), \"{found['value']}\""
        )
    return f"Invalid JSON payload received. {' '.join(error.split())}"


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
