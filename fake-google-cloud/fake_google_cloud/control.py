"""Lets a person make the fake cloud fail from a shell: `curl -X POST URL/control/COMMAND?…`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from fake_google_cloud.calls import Answer, Call, Route
from fake_google_cloud.errors import invalid

_NUMBERS = ("times", "seconds", "status")


def control_routes(commands: Mapping[str, Callable[..., object]]) -> Iterator[Route]:
    """Return a route for each command.

    The query's parameters are the function's own, each `name` is one of its positional arguments.
    """
    for name, command in commands.items():
        path = re.compile(f"/control/{name}")
        yield Route((f"control.{name}",), "POST", path, partial(_run, command))


def _run(command: Callable[..., object], call: Call) -> Answer:
    names = [value for name, value in call.query if name == "name"]
    given: dict[str, Any] = {name: value for name, value in call.query if name != "name"}
    try:
        command(*names, **given | {key: float(given[key]) for key in _NUMBERS if key in given})
    except (TypeError, ValueError) as error:
        raise invalid(str(error)) from error
    return Answer.of({})
