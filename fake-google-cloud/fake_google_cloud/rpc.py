"""Describes the methods of a service by Google's own client: which calls reach them, with what.

A handler is a Python method under `rpc` that takes and returns the JSON of the API. Its routes and
the message that it takes are those of the client's method of the same name.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from typing import Any, ClassVar, TypeVar

from fake_google_cloud.messages import read_message
from fake_google_cloud.project import Json, Project
from fake_google_cloud.server import Answer, Call, Route

_Handler = TypeVar("_Handler", bound=Callable[[Any, Json], Json])


def rpc(permission: str = "") -> Callable[[_Handler], _Handler]:
    """Make a method of a `Service` answer calls that need a permission, if one is named."""

    def mark(handler: _Handler) -> _Handler:
        handler.permission = permission  # type: ignore[attr-defined]
        return handler

    return mark


class Service:
    """The handlers of one service."""

    client: ClassVar[str] = ""
    """Module and name of Google's client, if it says what the methods take."""
    api: ClassVar[str] = ""
    """Name of the API that must be enabled, where no client says it."""
    paths: ClassVar[dict[str, str]] = {}
    """Verbs and paths of methods, where the client itself speaks only gRPC."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def routes(self) -> Iterator[Route]:
        """Return the routes of all handlers."""
        client = _load(self.client) if self.client else None
        service = client.__name__.removesuffix("Client") if client else type(self).__name__
        api = client.DEFAULT_ENDPOINT if client else self.api
        for name, member in vars(type(self)).items():
            permission = getattr(member, "permission", None)
            if permission is None:
                continue
            method = "".join(word.capitalize() for word in name.split("_"))
            names, message = (method, f"{service}.{method}"), _message(client, name)
            for verb, uri, body in self._options(client, method):
                answer = partial(_answer, getattr(self, name), message, body)
                yield Route(names, verb, _pattern(uri), answer, api, permission)

    def _options(self, client: Any, method: str) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401
        """Return verbs, paths, and which field of the message the body holds."""
        if method in self.paths:
            verb, uri = self.paths[method].split()
            yield verb, uri, "*" if verb == "POST" else ""
            return
        transport = client.get_transport_class("rest")
        for option in getattr(transport, f"_Base{method}")._get_http_options():
            yield option["method"].upper(), option["uri"], option.get("body", "")


@cache
def _load(client: str) -> Any:  # noqa: ANN401  a class of no common base
    module, _, name = client.rpartition(".")
    return getattr(import_module(module), name)


def _message(client: Any, name: str) -> Any:  # noqa: ANN401
    """Return the class of the message that a method takes, if its client says that."""
    if client is None:
        return None
    annotated = inspect.signature(getattr(client, name)).parameters["request"].annotation
    return typing.get_args(annotated)[0]  # of Optional[Union[THE_CLASS, dict]]


def _pattern(template: str) -> re.Pattern[str]:
    """Return a pattern whose groups are fields of the request; `__` stands for a dot."""

    def group(found: re.Match[str]) -> str:
        shape = (found[2] or "*").replace("*", "[^/]+")
        return f"(?P<{found[1].replace('.', '__')}>{shape})"

    return re.compile(re.sub(r"\{([\w.]+)=?(.*?)\}", group, template))


def _answer(handler: Callable[[Json], Json], message: Any, body: str, call: Call) -> Answer:  # noqa: ANN401
    return Answer.of(handler(read_message(message, body, call)))
