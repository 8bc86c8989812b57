"""Describes the methods of a service by Google's own client: which calls reach them, with what.

A handler is a Python method under `rpc` that takes and returns the JSON of the API. Its routes and
the message that it takes are those of the client's method of the same name.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any, ClassVar, TypeAlias, TypeVar

from fake_google_cloud.calls import Answer, Call, Route
from fake_google_cloud.messages import read_message
from fake_google_cloud.project import Json, Project

Handler: TypeAlias = Callable[[Json], Json]
_Method = TypeVar("_Method", bound=Callable[[Any, Json], Json])


def rpc(permission: str) -> Callable[[_Method], _Method]:
    """Make a method of a `Service` answer calls that need a permission."""

    def mark(method: _Method) -> _Method:
        method.permission = permission  # type: ignore[attr-defined]
        return method

    return mark


class Service:
    """The handlers of one service."""

    client: str = ""
    """Module and name of Google's client, if it says what the methods take."""
    api: ClassVar[str] = ""
    """Name of the API that must be enabled, where no client says it."""
    paths: Mapping[str, str] = {}
    """Verbs and paths of methods, where the client itself speaks only gRPC."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Return names, permissions and what answers."""
        for name, member in vars(type(self)).items():
            if hasattr(member, "permission"):
                yield name, member.permission, getattr(self, name)

    def routes(self) -> Iterator[Route]:
        """Return the routes of all handlers."""
        client = _load(self.client) if self.client else None
        service = client.__name__.removesuffix("Client") if client else "IAM"
        for name, permission, handler in self.handlers():
            method = "".join(word.capitalize() for word in name.split("_"))
            message = None
            if client:
                annotated = (
                    inspect.signature(getattr(client, name)).parameters["request"].annotation
                )
                message = typing.get_args(annotated)[0]  # of Optional[Union[THE_CLASS, dict]]
            for verb, uri, body in self._options(client, name, method):
                yield Route(
                    (method, f"{service}.{method}"),
                    verb,
                    _pattern(uri),
                    partial(_answer, handler, message, body),
                    client.DEFAULT_ENDPOINT if client else self.api,
                    permission,
                )

    def _options(self, client: Any, name: str, method: str) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401  clients have no common base
        """Return verbs, paths, and which field of the message the body holds."""
        if not client or name in self.paths:
            verb, uri = self.paths[name].split()
            yield verb, uri, "*" if verb == "POST" else ""
            return
        transport = client.get_transport_class("rest")
        for option in getattr(transport, f"_Base{method}")._get_http_options():
            yield option["method"].upper(), option["uri"], option.get("body", "")


@cache
def _load(client: str) -> Any:  # noqa: ANN401
    module, _, name = client.rpartition(".")
    return getattr(import_module(module), name)


def _pattern(template: str) -> re.Pattern[str]:
    """Return a pattern whose groups are fields of the request; `__` stands for a dot."""

    def group(found: re.Match[str]) -> str:
        shape = (found[2] or "*").replace("*", "[^/]+")
        return f"(?P<{found[1].replace('.', '__')}>{shape})"

    return re.compile(re.sub(r"\{([\w.]+)=?(.*?)\}", group, template))


def _answer(handler: Handler, message: Any, body: str, call: Call) -> Answer:  # noqa: ANN401
    return Answer.of(handler(read_message(message, body, call)))
