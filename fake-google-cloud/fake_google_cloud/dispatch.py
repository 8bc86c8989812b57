"""Takes a call from either transport to its handler, unless it must be refused; records it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message

from fake_google_cloud.errors import ApiError
from fake_google_cloud.faults import Fault, Faults
from fake_google_cloud.messages import AnyMessage, check_enums
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Method

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    """Name of the method, such as `CreateCustomJob` or `storage.objects.get`; empty if unknown."""
    path: str
    """Path and query of the URL, or `/SERVICE/METHOD` of gRPC."""
    body: str
    """The body as text; of gRPC, as the JSON that REST would have sent."""
    headers: dict[str, str]
    """The headers, or the metadata of gRPC, by lower-case name."""


class AnswerLostError(Exception):
    """The call was done, and its caller must not hear of it."""


class GarbageError(Exception):
    """The caller must get something that is no answer at all."""


class Dispatcher:
    """Lets one call at a time through to the handlers."""

    def __init__(self, project: Project, methods: Sequence[Method], also: Sequence[str]) -> None:
        self.project = project
        self.methods = tuple(methods)
        self.faults = Faults()
        self.requests: list[Request] = []
        self.lock = threading.RLock()
        self.before_each: list[Callable[[], None]] = []
        self.stopping = threading.Event()
        self._names = {name for method in methods for name in (method.name, method.qualified_name)}
        self._names.update(also)

    def order_fault(self, method: str, kind: str, *, times: int, seconds: float) -> None:
        """Let coming calls of a method go wrong, as `Faults.order` has it."""
        with self.lock:
            self.faults.order(method, kind, times=times, seconds=seconds, known=self._names)

    def record(self, request: Request) -> None:
        """Keep a request for tests to look at."""
        with self.lock:
            self.requests.append(request)

    def call(self, method: Method, message: Message) -> AnyMessage:
        """Answer a call with a message."""

        def answer() -> AnyMessage:
            check_enums(message)
            wrap = getattr(method.request_class, "wrap", None)
            return method.handler(wrap(message) if wrap else message)

        return self.guard(
            (method.name, method.qualified_name), method.api, method.permission, answer
        )

    def guard(
        self, names: tuple[str, ...], api: str, permission: str, answer: Callable[[], _Answer]
    ) -> _Answer:
        """Run a handler, unless a fault, a disabled API or a denied permission forbids it."""
        with self.lock:
            fault = self.faults.take(*names)
        self._go_wrong_before(fault)
        with self.lock:
            self.project.check_api(api)
            self.project.check_permission(permission)
            for step in self.before_each:
                step()
            result = answer()
        if fault and fault.kind == "answer_lost":
            raise AnswerLostError
        return result

    def _go_wrong_before(self, fault: Fault | None) -> None:
        if not fault:
            return
        if refusal := fault.refusal:
            raise refusal
        if fault.kind == "garbage":
            raise GarbageError
        if fault.kind == "slow" and self.stopping.wait(fault.seconds):
            raise ApiError("UNAVAILABLE", "The server is shutting down.")
