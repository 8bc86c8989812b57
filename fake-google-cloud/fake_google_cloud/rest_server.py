"""Serves the methods over REST, and the storage's JSON API, on one HTTP port."""

from __future__ import annotations

import json
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from fake_google_cloud.dispatch import AnswerLostError, Dispatcher, GarbageError, Request
from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.messages import to_dict
from fake_google_cloud.rest_request import find_route, read_request
from fake_google_cloud.storage import StorageError
from fake_google_cloud.storage_api import Answer, StorageApi, refuse

_Connection = socket.socket | tuple[bytes, socket.socket]

_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_GARBAGE = Answer(200, b"<html><body>Sign in to the network</body></html>", _JSON)


class RestServer:
    """One port of the loopback interface, for every service."""

    def __init__(self, dispatcher: Dispatcher, storage: StorageApi) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.dispatcher = dispatcher
        self._server.storage = storage
        self._server.connections = set()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Cut every connection and close the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.cut_connections()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for the threads, and leaves nothing
    dispatcher: Dispatcher
    storage: StorageApi
    connections: set[socket.socket]

    def handle_error(self, request: _Connection, client_address: object) -> None:
        """Say nothing of a client that hung up, but tell of what went wrong here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def cut_connections(self) -> None:
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # its thread, or the client, was faster
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece: in two, it would wait for a delayed ACK
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            answer = self._answer(body)
        except AnswerLostError:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are kept for tests to look at."""

    def _answer(self, body: bytes) -> Answer:
        path = urlsplit(self.path).path
        if "/storage/v1/" in f"{path}/":
            return self._answer_storage(path, body)
        return self._answer_rpc(path, body)

    def _answer_rpc(self, path: str, body: bytes) -> Answer:
        dispatcher = self.server.dispatcher
        query = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        route = find_route(dispatcher.methods, self.command, path)
        self._record(route[0].name if route else "", body)
        try:
            if not route:
                raise not_found(f"The requested URL {path} was not found on this server.")
            message = read_request(*route, query, body)
            result = dispatcher.call(route[0], message)
        except ApiError as error:
            return Answer(error.http_status, error.to_json(), _JSON)
        except GarbageError:
            return _GARBAGE
        alt = dict(query).get("$alt", "")
        document = to_dict(result, integer_enums="enum-encoding=int" in alt)
        return Answer(200, json.dumps(document).encode(), _JSON)

    def _answer_storage(self, path: str, body: bytes) -> Answer:
        dispatcher, storage = self.server.dispatcher, self.server.storage
        found = storage.find(self.command, path)
        self._record(found[0].name if found else "", body)
        try:
            if not found:
                raise not_found("Not Found")
            method, names = found
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = storage.call(names, urlsplit(self.path).query, headers, body)
            return dispatcher.guard(
                (method.name,), storage.api, method.permission, lambda: method.handler(call)
            )
        except (ApiError, StorageError) as error:
            return refuse(error)
        except GarbageError:
            return _GARBAGE

    def _record(self, method: str, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        text = body.decode(errors="replace")
        self.server.dispatcher.record(Request(method, self.path, text, headers))
