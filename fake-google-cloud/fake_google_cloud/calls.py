"""What a server takes and gives: requests, the calls that they are, answers, and routes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from fake_google_cloud.errors import invalid

JSON = {"Content-Type": "application/json; charset=UTF-8"}
"""The header of an answer that holds JSON."""


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    """Name of the method, such as `CreateCustomJob` or `storage.objects.get`; empty if unknown."""
    path: str
    """Path and query of the URL."""
    body: str
    headers: dict[str, str]
    """The headers by lower-case name."""


@dataclass(frozen=True)
class Call:
    """A request that a route has taken apart."""

    fields: Mapping[str, str]
    """The variable parts of the path."""
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters, the last of each name."""
        return dict(self.query)

    @property
    def document(self) -> dict[str, Any]:
        """The JSON that the body holds."""
        return read_json(self.body)


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds, or refuse it."""
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
    if not isinstance(document, dict):
        raise invalid("Invalid JSON payload received. Root element must be a message.")
    return document


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any], status: int = 200) -> Self:
        """Return an answer that holds JSON."""
        return cls(status, json.dumps(document).encode(), JSON)


@dataclass(frozen=True)
class Route:
    """What answers calls of one verb to paths of one form."""

    names: tuple[str, ...]
    """What the method is called in requests and faults, the usual name first."""
    verb: str
    path: re.Pattern[str]
    answer: Callable[[Call], Answer]
    api: str = ""
    """Name of the API that must be enabled, or nothing."""
    permission: str = ""
    parameter: tuple[str, str] | None = None
    """What the query must hold."""
