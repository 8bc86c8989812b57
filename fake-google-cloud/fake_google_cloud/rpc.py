"""Describes the methods of a service by Google's own client: which calls reach it, what they hold.

A handler is a Python method under `rpc` that takes and returns the JSON of the API. Its route and
the message that it takes are those of the client's method of the same name.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, TypeAlias, TypeVar

from fake_google_cloud.messages import read_message
from fake_google_cloud.project import Project
from fake_google_cloud.server import Answer, Call, Route

Json: TypeAlias = dict[str, Any]

_Handler = TypeVar("_Handler", bound=Callable[[Any, Json], Json])


def rpc(permission: str = "") -> Callable[[_Handler], _Handler]:
    """Make a method of a `Service` answer calls that need a permission, if one is named."""

    def mark(handler: _Handler) -> _Handler:
        handler.permission = permission  # type: ignore[attr-defined]
        return handler

    return mark


class Service:
    """What the handlers of one service stand in."""

    client: ClassVar[str]
    """Module and name of Google's client."""
    paths: ClassVar[dict[str, str]] = {}
    """Verbs and paths of the methods, where the client itself speaks only gRPC."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def routes(self) -> Iterator[Route]:
        """Return the routes of all handlers."""
        client = _load(self.client)
        service = client.__name__.removesuffix("Client")
        for name, member in vars(type(self)).items():
            if (permission := getattr(member, "permission", None)) is None:
                continue
            method = "".join(word.capitalize() for word in name.split("_"))
            for option in _http_options(client, method, self.paths):
                yield Route(
                    (method, f"{service}.{method}"),
                    option["method"].upper(),
                    _pattern(option["uri"]),
                    _answer(getattr(self, name), _request_class(client, name), option.get("body")),
                    client.DEFAULT_ENDPOINT,
                    permission,
                )


@cache
def _load(client: str) -> Any:  # noqa: ANN401  a class of no common base
    module, _, name = client.rpartition(".")
    return getattr(import_module(module), name)


def _http_options(client: Any, method: str, paths: dict[str, str]) -> list[dict[str, str]]:  # noqa: ANN401
    if method in paths:
        verb, uri = paths[method].split()
        return [{"method": verb, "uri": uri, **({"body": "*"} if verb == "POST" else {})}]
    transport = client.get_transport_class("rest")
    options: list[dict[str, str]] = getattr(transport, f"_Base{method}")._get_http_options()
    return options


def _request_class(client: Any, name: str) -> Any:  # noqa: ANN401
    annotated = inspect.signature(getattr(client, name)).parameters["request"].annotation
    return typing.get_args(annotated)[0]  # of Optional[Union[THE_CLASS, dict]]


def _pattern(template: str) -> re.Pattern[str]:
    """Return a pattern whose groups are fields of the request; `__` stands for a dot."""

    def group(found: re.Match[str]) -> str:
        shape = (found[2] or "*").replace("**", ".+").replace("*", "[^/]+")
        return f"(?P<{found[1].replace('.', '__')}>{shape})"

    return re.compile(re.sub(r"\{([\w.]+)=?(.*?)\}", group, template))


def _answer(
    handler: Callable[[Json], Json], request_class: type, body: str | None
) -> Callable[[Call], Answer]:
    return lambda call: Answer.of(handler(read_message(request_class, call, body)))
