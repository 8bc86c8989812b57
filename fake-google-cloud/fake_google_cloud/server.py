"""One HTTP port of the loopback interface that answers calls, or lets them go wrong to order."""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.faults import Fault, Faults, Kind
from fake_google_cloud.project import Project

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_PIECES = 20


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


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any], status: int = 200) -> Self:
        """Return an answer that holds JSON."""
        return cls(status, json.dumps(document).encode(), _JSON)


_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_GARBAGE = Answer(200, b"<html><body>Sign in to the network</body></html>", _JSON)


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
    query: tuple[str, str] | None = None
    """A parameter that the query must hold."""


class Server:
    """Answers the calls of some routes, one at a time, as a context manager."""

    def __init__(self, project: Project, routes: Iterable[Route]) -> None:
        # The more specific ones first: a name may hold a colon, so `…/*` also matches what
        # `…/*:cancel` is meant for.
        self._routes = sorted(
            routes, key=lambda route: (":" in route.path.pattern, bool(route.query)), reverse=True
        )
        self._project = project
        self._requests: list[Request] = []
        self._stopping = threading.Event()
        self._faults = Faults()
        self.lock = threading.RLock()
        self.before_each: list[Callable[[], None]] = []
        """What runs before each call is answered."""
        self._http = _HttpServer(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.cut_connections()
        self._http.server_close()

    @property
    def url(self) -> str:
        """Where requests are answered."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, the oldest first."""
        with self.lock:
            return tuple(self._requests)

    def fail(self, method: str, kind: Kind, *, times: float = 1, seconds: float = 1) -> None:
        """Let coming calls of a method go wrong.

        Args:
            method: `CreateCustomJob`, with its service where several have one of its name
                (`Projects.TestIamPermissions`), or `storage.objects.insert`.
            kind: `unavailable`, `deadline`, `resource_exhausted`, `permission_denied`,
                `unauthenticated`, `not_found`, `internal` or an HTTP status: refused so;
                `answer_lost`: done, then the connection is cut; `slow`: answered late; `garbage`:
                answered with what is no answer; `reset`: cut in the middle of the answer; `drip`:
                answered in small pieces; or a function that damages the bytes of the request's
                body, if it has one, or else of the answer.
            times: how many calls go wrong.
            seconds: how long a slow answer takes, by the wall clock.

        Raises:
            ValueError: no such method or kind.
        """
        known = {name for route in self._routes for name in route.names}
        with self.lock:
            self._faults.order(method, Fault(kind, times, seconds), known)

    def next_fault(self, names: tuple[str, ...]) -> Fault | None:
        """Return what goes wrong with a call of the method of these names."""
        return self._faults.take(names)

    def forget(self) -> None:
        """Forget the requests so far and the faults still to come."""
        with self.lock:
            self._requests.clear()
            self._faults.clear()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the server runs."""
        self._stopping.wait(seconds)

    def answer(
        self, verb: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[Answer, Fault | None]:
        """Return the answer to a request, and the fault that its delivery meets."""
        url = urlsplit(target)
        query = tuple(parse_qsl(url.query, keep_blank_values=True))
        found = next(self._matches(verb, url.path, query), None)
        name, fault = "", None
        with self.lock:
            if found:
                name, fault = found[0].names[0], self.next_fault(found[0].names)
            self._requests.append(Request(name, target, body.decode(errors="replace"), headers))
        try:
            if not found:
                raise not_found(f"The requested URL {url.path} was not found on this server.")
            route, fields = found
            return self._answer(route, Call(fields, query, headers, body), fault), fault
        except ApiError as error:
            body = b"" if error.status == 304 else json.dumps(error.to_json()).encode()
            return Answer(error.status, body, _JSON), None

    def _matches(
        self, verb: str, path: str, query: tuple[tuple[str, str], ...]
    ) -> Iterator[tuple[Route, dict[str, str]]]:
        for route in self._routes:
            if route.verb == verb and (not route.query or route.query in query):
                if found := route.path.fullmatch(path):
                    fields = found.groupdict().items()
                    yield route, {name: unquote(value) for name, value in fields}

    def _answer(self, route: Route, call: Call, fault: Fault | None) -> Answer:
        if fault and fault.refusal:
            raise fault.refusal
        if fault and fault.kind == "garbage":
            return _GARBAGE
        if fault and fault.kind == "slow" and self._stopping.wait(fault.seconds):
            raise ApiError("UNAVAILABLE", "The server is shutting down.")
        if fault and call.body:
            call = replace(call, body=fault.damage(call.body))
        with self.lock:
            self._project.check_call(route.api, route.permission)
            for step in self.before_each:
                step()
            answer = route.answer(call)
        if fault and not call.body:
            answer = replace(answer, body=fault.damage(answer.body))
        return answer


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for the threads, and leaves nothing
    owner: Server

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401  as its base takes them
        super().__init__(*arguments)
        self.connections: set[socket.socket] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up, but show what went wrong here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as it came

    def cut_connections(self) -> None:
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # its thread, or the client, was faster
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece: in two, it would wait for a delayed ACK
    server: _HttpServer

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer, fault = self.server.owner.answer(self.command, self.path, headers, body)
        kind = fault.kind if fault else None
        self.close_connection = kind in ("answer_lost", "reset") or self.close_connection
        if kind == "answer_lost":
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if kind == "reset":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        elif kind == "drip" and fault:
            step = len(answer.body) // _PIECES + 1
            for at in range(0, len(answer.body), step):
                self.wfile.write(answer.body[at : at + step])
                self.wfile.flush()
                self.server.owner.pause(fault.seconds / _PIECES)
        else:
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the requests are kept for tests to look at."""
