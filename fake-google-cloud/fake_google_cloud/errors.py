"""What a handler raises to refuse a call: a status and what the API says about it."""

from __future__ import annotations

from typing import Any

# name of a google.rpc code: its number and the HTTP status that goes with it
CODES = {
    "CANCELLED": (1, 499),
    "INVALID_ARGUMENT": (3, 400),
    "DEADLINE_EXCEEDED": (4, 504),
    "NOT_FOUND": (5, 404),
    "ALREADY_EXISTS": (6, 409),
    "PERMISSION_DENIED": (7, 403),
    "RESOURCE_EXHAUSTED": (8, 429),
    "FAILED_PRECONDITION": (9, 400),
    "INTERNAL": (13, 500),
    "UNAVAILABLE": (14, 503),
    "UNAUTHENTICATED": (16, 401),
}


class ApiError(Exception):
    """A refusal, in the one form that the clients of every API read.

    Args:
        code: name of a google.rpc code, or an HTTP status where Cloud Storage has one of its own.
        message: what the API says.
        reason: the machine-readable reason.
        metadata: what the reason is about, for a google.rpc.ErrorInfo.
    """

    def __init__(self, code: str | int, message: str, reason: str = "", **metadata: str) -> None:
        super().__init__(message)
        self.status = code if isinstance(code, int) else CODES[code][1]
        """The HTTP status."""
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
        entry = {"message": message, "domain": "global", "reason": reason or str(code)}
        error: dict[str, Any] = {"code": self.status, "message": message, "errors": [entry]}
        if isinstance(code, str):
            error["status"] = code
        if metadata:
            error["details"] = [info | {"domain": "googleapis.com", "metadata": metadata}]
        self.body = {"error": error}
        """The JSON of the answer."""


def invalid(message: str) -> ApiError:
    """Return a refusal of what the request says."""
    return ApiError("INVALID_ARGUMENT", message)


def not_found(message: str) -> ApiError:
    """Return a refusal of a name that stands for nothing."""
    return ApiError("NOT_FOUND", message)
