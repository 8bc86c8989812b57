"""Lets a person make the fake cloud fail from a shell: `curl -X POST URL/control/COMMAND?…`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from fake_google_cloud.errors import invalid
from fake_google_cloud.server import Answer, Call, Route

if TYPE_CHECKING:
    from fake_google_cloud.cloud import FakeCloud


def control_routes(cloud: FakeCloud) -> Iterator[Route]:
    """Return a route for each command, whose parameters are those of the method that it calls."""
    commands: dict[str, Callable[[FakeCloud], Callable[..., object]]] = {
        "fail": lambda cloud: cloud.fail,
        "fail-job": lambda cloud: cloud.fail_job,
        "deny": lambda cloud: cloud.deny,
        "enable": lambda cloud: cloud.enable,
        "disable": lambda cloud: cloud.disable,
        "advance": lambda cloud: cloud.clock.advance,
    }
    for name, find in commands.items():

        def answer(call: Call, find: Callable[[FakeCloud], Callable[..., object]] = find) -> Answer:
            return _call(find(cloud), call)

        yield Route((f"control.{name}",), "POST", re.compile(f"/control/{name}"), answer)


def _call(command: Callable[..., object], call: Call) -> Answer:
    parameters = inspect.signature(command, eval_str=True).parameters
    listed, named = [], dict[str, Any]()
    try:
        for name, value in call.query:
            # those of deny and its like take any number of names, each given as `name=`
            if name == "name" and any(p.kind == p.VAR_POSITIONAL for p in parameters.values()):
                listed.append(value)
            elif name not in parameters:
                raise ValueError(f"no parameter {name!r}; there are {', '.join(parameters)}")
            else:
                kind = parameters[name].annotation
                named[name] = kind(value) if kind in (int, float) else value
        command(*listed, **named)
    except (TypeError, ValueError) as error:
        raise invalid(str(error)) from error
    return Answer.of({})
