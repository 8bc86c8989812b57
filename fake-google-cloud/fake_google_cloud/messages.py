"""Makes the JSON of a request's message out of its path, query and body, as strict as the APIs."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from fake_google_cloud.calls import Call
from fake_google_cloud.errors import ApiError, invalid

# Parameters that every Google API takes, and that are no part of the message.
_SYSTEM_PARAMETERS = {"$alt", "$fields", "$prettyPrint", "alt", "fields", "key", "prettyPrint"}
_UNKNOWN_FIELD = re.compile(r'has no field named "(?P<name>[^"]*)" at "(?P<path>[^"]*)"')
_UNKNOWN_ENUM = re.compile(
    r"Invalid enum value (?P<value>.*) for enum type (?P<type>\S+) at (?P<path>\S+)"
)


def read_message(message_class: Any, body: str, call: Call) -> dict[str, Any]:  # noqa: ANN401  proto-plus or protobuf
    """Return the JSON of the message that a request holds, or refuse what is no part of it.

    Args:
        message_class: class of the message, or None: nothing is known about it.
        body: field of the message that the body holds, `*` for the message itself, or nothing.
        call: the request.
    """
    document: dict[str, Any] = {}
    if body:
        document = call.document if body == "*" else {body: call.document}
    elif call.body.strip():
        raise invalid("Request contains a body, but this method takes none.")
    if message_class is None:
        return document | dict(call.fields)
    is_protobuf = issubclass(message_class, Message)
    message = message_class() if is_protobuf else message_class.pb()()
    for name in {name for name, _ in call.query} - _SYSTEM_PARAMETERS:
        values = [value for other, value in call.query if other == name]
        fields = message.DESCRIPTOR.fields
        repeated = any(f.is_repeated and name in (f.name, f.camelcase_name) for f in fields)
        _set(document, name, values if repeated else values[-1])
    for name, value in call.fields.items():
        _set(document, name.replace("__", "."), value)
    try:
        json_format.ParseDict(document, message)
    except json_format.ParseError as error:
        raise _in_the_words_of_the_api(str(error)) from error
    read: dict[str, Any] = json_format.MessageToDict(message)
    return read


def _set(document: dict[str, Any], parameter: str, value: str | list[str]) -> None:
    """Set the field that a parameter such as `trigger.name` names."""
    *parents, last = parameter.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    # the path goes before the body, which may spell the name in the other way
    document.pop(re.sub(r"_(\w)", lambda found: found[1].upper(), last), None)
    document[last] = value


def _in_the_words_of_the_api(error: str) -> ApiError:
    found = _UNKNOWN_FIELD.search(error) or _UNKNOWN_ENUM.search(error)
    if not found:
        return invalid(f"Invalid JSON payload received. {' '.join(error.split())}")
    path = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", found["path"].strip(".").partition(".")[2])
    path = path.lower()
    if "type" in found.groupdict():
        kind = f"(type.googleapis.com/{found['type']})"
        return invalid(f"Invalid value at '{path}' {kind}, \"{found['value']}\"")
    where = f" at '{path}'" if path else ""
    unknown = f'Unknown name "{found["name"]}"{where}: Cannot find field.'
    return invalid(f"Invalid JSON payload received. {unknown}")
