"""Describes the methods of a service: what handles a call, and how REST reaches it.

A method is a Python method under `@rpc`; its annotations say which messages it takes and gives, its
routes are those of the API's own google.api.http annotations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, get_type_hints

from google.protobuf.message import Message

from fake_google_cloud.messages import message_class

_Handler = TypeVar("_Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Route:
    """A way that REST reaches a method."""

    verb: str
    path: re.Pattern[str]
    """Its groups are fields of the request; `__` in their names stands for a dot."""
    body: str
    """Field of the request that the body holds, `*` for the request itself, or nothing."""
    literals: int
    """How many characters of the path are fixed: the more, the more specific the route."""


@dataclass(frozen=True)
class Method:
    """One method of a service, for both transports."""

    service: str
    name: str
    api: str
    """Name of the API that must be enabled, or nothing."""
    permission: str
    routes: tuple[Route, ...]
    request_class: Any
    handler: Callable[[Any], Any]

    @property
    def qualified_name(self) -> str:
        """The name with that of its service, without its package: `Projects.GetProject`."""
        return f"{self.service.rpartition('.')[2]}.{self.name}"

    def parse(self, payload: bytes) -> Message:
        """Parse a request that came in binary form."""
        message: Message = message_class(self.request_class).FromString(payload)
        return message


@dataclass(frozen=True)
class _Mark:
    permission: str
    routes: tuple[Route, ...]


class Service:
    """What the handlers of one gRPC service stand in."""

    service: ClassVar[str]
    """Full name of the gRPC service."""
    api: ClassVar[str] = ""
    """Name of the API that must be enabled for it, or nothing."""

    def methods(self) -> tuple[Method, ...]:
        """Return the methods, in the order of the class."""
        marks = {name: getattr(member, "rpc", None) for name, member in vars(type(self)).items()}
        return tuple(self._method(name, mark) for name, mark in marks.items() if mark)

    def _method(self, name: str, mark: _Mark) -> Method:
        return Method(
            service=self.service,
            name="".join(word.capitalize() for word in name.split("_")),
            api=self.api,
            permission=mark.permission,
            routes=mark.routes,
            request_class=get_type_hints(getattr(type(self), name))["request"],
            handler=getattr(self, name),
        )


def rpc(permission: str, *routes: str, body: str = "") -> Callable[[_Handler], _Handler]:
    """Make a method of a `Service` answer calls.

    Args:
        permission: what the caller must be granted, or nothing.
        routes: verbs and path templates, such as `GET /v1/{name=projects/*/locations/*}`.
        body: as in `Route`.
    """

    def mark(handler: _Handler) -> _Handler:
        handler.rpc = _Mark(permission, tuple(_route(text, body) for text in routes))  # type: ignore[attr-defined]
        return handler

    return mark


def _route(text: str, body: str) -> Route:
    verb, _, template = text.partition(" ")
    pattern = "".join(_group(part) for part in re.split(r"(\{.*?\})", template))
    literals = len(re.sub(r"\{[\w.]+=?|[*{}]", "", template))
    return Route(verb, re.compile(pattern), body, literals)


def _group(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    field, _, shape = part[1:-1].partition("=")
    shape = (shape or "*").replace("**", ".+").replace("*", "[^/]+")
    return f"(?P<{field.replace('.', '__')}>{shape})"
