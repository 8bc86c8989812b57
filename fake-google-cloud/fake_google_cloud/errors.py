"""What a handler raises to refuse a call: a google.rpc code and what the API says of it."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import code_pb2, status_pb2

_HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class ApiError(Exception):
    """A refusal: the name of a google.rpc code, what the API says, and its typed details."""

    def __init__(self, code: str, message: str, *details: Message) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    @property
    def http_status(self) -> int:
        """The HTTP status that goes with the code."""
        return _HTTP_STATUS[self.code]

    def to_status(self) -> status_pb2.Status:
        """Return the error as gRPC carries it."""
        status = status_pb2.Status(code=code_pb2.Code.Value(self.code), message=self.message)
        for detail in self.details:
            status.details.add().Pack(detail)
        return status

    def to_json(self) -> bytes:
        """Return the error as REST carries it."""
        error: dict[str, Any] = {
            "code": self.http_status,
            "message": self.message,
            "status": self.code,
        }
        if details := json_format.MessageToDict(self.to_status()).get("details"):
            error["details"] = details
        return json.dumps({"error": error}, indent=2).encode()


def invalid(message: str) -> ApiError:
    """Return a refusal of what the request says."""
    return ApiError("INVALID_ARGUMENT", message)


def not_found(message: str) -> ApiError:
    """Return a refusal of a name that stands for nothing."""
    return ApiError("NOT_FOUND", message)
