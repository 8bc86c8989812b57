"""Serves the methods over gRPC."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from fake_google_cloud.dispatch import AnswerLostError, Dispatcher, GarbageError, Request
from fake_google_cloud.errors import ApiError, invalid
from fake_google_cloud.messages import to_protobuf
from fake_google_cloud.rpc import Method

_GARBAGE = b"\xff\xff\xff"  # the beginning of no protobuf message


class GrpcServer:
    """One port of the loopback interface, for every service."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._server = grpc.server(ThreadPoolExecutor(max_workers=16))
        handlers: dict[str, dict[str, Any]] = {}
        for method in dispatcher.methods:
            handlers.setdefault(method.service, {})[method.name] = (
                grpc.unary_unary_rpc_method_handler(self._answer_with(method))
            )
        self._server.add_generic_rpc_handlers(
            tuple(
                grpc.method_handlers_generic_handler(service, by_name)
                for service, by_name in handlers.items()
            )
        )
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """End every call and close the port."""
        self._server.stop(grace=None).wait()

    def _answer_with(self, method: Method) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def answer(payload: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                message = self._parse(method, payload, context)
                answered = to_protobuf(self._dispatcher.call(method, message))
                return bytes(answered.SerializeToString())
            except ApiError as error:
                _abort(context, error)
            except AnswerLostError:
                _abort(context, ApiError("UNAVAILABLE", "Socket closed"))
            except GarbageError:
                pass
            return _GARBAGE

        return answer

    def _parse(self, method: Method, payload: bytes, context: grpc.ServicerContext) -> Message:
        try:
            message = method.parse(payload)
        except DecodeError as error:
            raise invalid("Request does not parse.") from error
        self._dispatcher.record(
            Request(
                method=method.name,
                path=f"/{method.service}/{method.name}",
                body=json_format.MessageToJson(message, indent=None),
                headers={key: str(value) for key, value in context.invocation_metadata()},
            )
        )
        return message


def _abort(context: grpc.ServicerContext, error: ApiError) -> None:
    status = error.to_status()
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(getattr(grpc.StatusCode, error.code), error.message)
