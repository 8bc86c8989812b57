"""Makes the message that a method takes out of a REST request: of its path, query and body."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from fake_google_cloud.errors import invalid
from fake_google_cloud.messages import from_dict, message_class
from fake_google_cloud.rpc import Method, Route

# Parameters that every Google API takes, and that are no part of the message.
_SYSTEM_PARAMETERS = {"$alt", "$fields", "$prettyPrint", "alt", "fields", "key", "prettyPrint"}


def find_route(
    methods: Sequence[Method], verb: str, path: str
) -> tuple[Method, Route, re.Match[str]] | None:
    """Return what answers a verb and a path, with the path's groups."""
    matches = [
        (method, route, found)
        for method in methods
        for route in method.routes
        if route.verb == verb and (found := route.path.fullmatch(path))
    ]
    # a name may hold a colon, so `…/*` also matches what `…/*:cancel` is meant for
    return max(matches, key=lambda match: match[1].literals, default=None)


def read_request(
    method: Method,
    route: Route,
    found: re.Match[str],
    query: Sequence[tuple[str, str]],
    body: bytes,
) -> Message:
    """Return the request message.

    Raises:
        ApiError: something in the request is no part of the message, or not of its type.
    """
    target = message_class(method.request_class)
    document: dict[str, Any] = {}
    if route.body == "*":
        document = _load(body)
    elif route.body:
        document[route.body] = _load(body)
    elif body.strip():
        raise invalid("Request contains a body, but this method takes none.")
    for name, value in query:
        if name not in _SYSTEM_PARAMETERS:
            _bind(document, target.DESCRIPTOR, name, value)
    for group, value in found.groupdict().items():
        _bind(document, target.DESCRIPTOR, group.replace("__", "."), unquote(value))
    return from_dict(document, target)


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
    elif field.type == FieldDescriptor.TYPE_BOOL:
        document[field.name] = {"true": True, "false": False}.get(value.lower(), value)
    else:
        document.pop(field.camelcase_name, None)  # the path goes before the body
        document[field.name] = value


def _field(descriptor: Descriptor | None, name: str, parameter: str) -> FieldDescriptor:
    if descriptor:
        for field in descriptor.fields:
            if name in (field.name, field.camelcase_name):
                return field
    raise invalid(
        f'Invalid JSON payload received. Unknown name "{parameter}": Cannot bind query parameter.'
        f" Field '{parameter}' could not be found in request message."
    )
