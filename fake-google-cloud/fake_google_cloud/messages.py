"""Makes the JSON of a request's message out of its path, query and body, as strict as the APIs.

Where protobuf's own parser is lenient (numbers of no enum value), this is not; what it refuses is
said in the words of the API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from fake_google_cloud.errors import ApiError, invalid
from fake_google_cloud.server import Call

# Parameters that every Google API takes, and that are no part of the message.
_SYSTEM_PARAMETERS = {"$alt", "$fields", "$prettyPrint", "alt", "fields", "key", "prettyPrint"}
_UNKNOWN_FIELD = re.compile(r'has no field named "(?P<name>[^"]*)" at "(?P<path>[^"]*)"')
_UNKNOWN_ENUM = re.compile(
    r"Invalid enum value (?P<value>.*) for enum type (?P<type>\S+) at (?P<path>\S+)"
)


def read_message(request_class: Any, call: Call, body: str | None) -> dict[str, Any]:  # noqa: ANN401  proto-plus or protobuf
    """Return the JSON of the message that a request holds.

    Args:
        request_class: class of the message.
        call: the request.
        body: field of the message that the body holds, `*` for the message itself, or nothing.

    Raises:
        ApiError: something in the request is no part of the message, or not of its type.
    """
    message: Message = (
        request_class() if issubclass(request_class, Message) else request_class.pb()()
    )
    document: dict[str, Any] = {}
    if body:
        document = _load(call.body) if body == "*" else {body: _load(call.body)}
    elif call.body.strip():
        raise invalid("Request contains a body, but this method takes none.")
    for name, value in call.query:
        if name not in _SYSTEM_PARAMETERS:
            _bind(document, message.DESCRIPTOR, name, value)
    for name, value in call.fields.items():
        _bind(document, message.DESCRIPTOR, name.replace("__", "."), value)
    try:
        json_format.ParseDict(document, message)
    except json_format.ParseError as error:
        raise _in_the_words_of_the_api(str(error)) from error
    for path, field, number in _enum_values(message, ""):
        if number not in field.enum_type.values_by_number:
            raise _not_of_enum(path, field.enum_type.full_name, str(number))
    read: dict[str, Any] = json_format.MessageToDict(message)
    return read


def _load(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
    if not isinstance(document, dict):
        raise invalid("Invalid JSON payload received. Root element must be a message.")
    return document


def _bind(document: dict[str, Any], descriptor: Descriptor, parameter: str, value: str) -> None:
    """Set the field that a parameter such as `trigger.name` names."""
    *parents, last = parameter.split(".")
    for parent in parents:
        descriptor = _field(descriptor, parent, parameter).message_type
        document = document.setdefault(parent, {})
    field = _field(descriptor, last, parameter)
    if field.is_repeated:
        document.setdefault(field.name, []).append(value)
        return
    document.pop(field.camelcase_name, None)  # the path goes before the body
    boolean = field.type == FieldDescriptor.TYPE_BOOL
    document[field.name] = {"true": True, "false": False}.get(value, value) if boolean else value


def _field(descriptor: Descriptor | None, name: str, parameter: str) -> FieldDescriptor:
    for field in descriptor.fields if descriptor else ():
        if name in (field.name, field.camelcase_name):
            return field
    raise invalid(
        f'Invalid JSON payload received. Unknown name "{parameter}": Cannot bind query parameter.'
        f" Field '{parameter}' could not be found in request message."
    )


def _enum_values(message: Message, prefix: str) -> Iterator[tuple[str, Any, int]]:
    for field, value in message.ListFields():
        path = f"{prefix}{field.name}"
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        for index, item in enumerate(value if field.is_repeated else [value]):
            if field.enum_type:
                yield path, field, item
            elif field.message_type:
                yield from _enum_values(
                    item, f"{path}[{index}]." if field.is_repeated else f"{path}."
                )


def _in_the_words_of_the_api(error: str) -> ApiError:
    if found := _UNKNOWN_FIELD.search(error):
        path = _snake_case(found["path"].partition(".")[2])
        where = f" at '{path}'" if path else ""
        name = found["name"]
        return invalid(
            f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
        )
    if found := _UNKNOWN_ENUM.search(error):
        path = _snake_case(found["path"].strip(".").partition(".")[2])
        return _not_of_enum(path, found["type"], f'"{found["value"]}"')
    return invalid(f"Invalid JSON payload received. {' '.join(error.split())}")


def _not_of_enum(path: str, kind: str, value: str) -> ApiError:
    return invalid(f"Invalid value at '{path}' (type.googleapis.com/{kind}), {value}")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
