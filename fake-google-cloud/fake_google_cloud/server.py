"""One HTTP port of the loopback interface that answers calls, or lets them go wrong to order."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from fake_google_cloud.calls import JSON, Answer, Call, Request, Route
from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.faults import KINDS, Fault, Kind
from fake_google_cloud.project import Project

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class Server:
    """Answers the calls of some routes, one at a time, while it is used as a context manager."""

    def __init__(self, project: Project, routes: Iterable[Route]) -> None:
        # The specific ones first: a name may hold a colon, so `…/*` also matches `…/*:cancel`.
        self._routes = sorted(
            routes, key=lambda route: (not route.parameter, ":" not in route.path.pattern)
        )
        self._project = project
        self._requests: list[Request] = []
        self._faults: list[tuple[str, Fault]] = []
        self.stopping = threading.Event()
        self.lock = threading.RLock()
        self.before_each: list[Callable[[], None]] = []
        """What runs before each call is answered."""
        self._http = _HttpServer(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopping.set()
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
        if method not in known:
            raise ValueError(f"no method {method!r}; there are {', '.join(sorted(known))}")
        if isinstance(kind, str) and kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        self._faults.append((method, Fault(kind, times, seconds)))

    def next_fault(self, names: tuple[str, ...]) -> Fault | None:
        """Return what goes wrong with a call of the method of these names, and count it."""
        for name, fault in self._faults:
            if name in names and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def forget(self) -> None:
        """Forget the requests so far and the faults still to come."""
        self._requests.clear()
        self._faults.clear()

    def answer(
        self, verb: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[Answer, Fault | None]:
        """Return the answer to a request, and the fault that its delivery meets."""
        url = urlsplit(target)
        query = tuple(parse_qsl(url.query, keep_blank_values=True))
        for route in self._routes:
            found = route.path.fullmatch(url.path) if route.verb == verb else None
            if found and (not route.parameter or route.parameter in query):
                break
        name, names = (route.names[0], route.names) if found else ("", ())
        with self.lock:
            self._requests.append(Request(name, target, body.decode(errors="replace"), headers))
            fault = self.next_fault(names)
        try:
            if not found:
                raise not_found(f"The requested URL {url.path} was not found on this server.")
            fields = {key: unquote(value) for key, value in found.groupdict().items()}
            return self._answer(route, Call(fields, query, headers, body), fault), fault
        except ApiError as error:
            return Answer.of(error.body, error.status), None

    def _answer(self, route: Route, call: Call, fault: Fault | None) -> Answer:
        damage: Callable[[bytes], bytes] = bytes
        if fault:
            if fault.refusal:
                raise fault.refusal
            if fault.kind == "garbage":
                return Answer(200, b"<html><body>Sign in to the network</body></html>", JSON)
            if fault.kind == "slow" and self.stopping.wait(fault.seconds):
                raise ApiError("UNAVAILABLE", "The server is shutting down.")
            damage = fault.kind if callable(fault.kind) else bytes
        with self.lock:
            self._project.check_call(route.api, route.permission)
            for step in self.before_each:
                step()
            if call.body:
                return route.answer(replace(call, body=damage(call.body)))
            answer = route.answer(call)
        return replace(answer, body=damage(answer.body))


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
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        content = answer.body
        if kind == "reset":
            content = content[: len(content) // 2]
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        piece = len(content) // 20 + 1 if kind == "drip" else len(content) + 1
        for at in range(0, len(content), piece):
            self.wfile.write(content[at : at + piece])
            if kind == "drip" and fault:
                self.wfile.flush()
                self.server.owner.stopping.wait(fault.seconds / 20)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the requests are kept for tests to look at."""
