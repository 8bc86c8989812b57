"""What a handler raises to refuse a call: a status and what the API says about it."""

from __future__ import annotations

from typing import Any

# name of a google.rpc code: its number and the HTTP status that goes with it
CODES = {
    "CANCELLED": (1, 499),
    "UNKNOWN": (2, 500),
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
        metadata: what the reason is about; it makes the refusal carry a google.rpc.ErrorInfo.
    """

    def __init__(self, code: str | int, message: str, reason: str = "", **metadata: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.metadata = metadata

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.code if isinstance(self.code, int) else CODES[self.code][1]

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        reason = {"message": str(self), "domain": "global", "reason": self.reason or self.code}
        error = {"code": self.status, "message": str(self), "errors": [reason]}
        if isinstance(self.code, str):
            error["status"] = self.code
        if self.metadata:
            kind = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
            error["details"] = [kind | {"reason": self.reason, "metadata": self.metadata}]
        return {"error": error}


def invalid(message: str) -> ApiError:
    """Return a refusal of what the request says."""
    return ApiError("INVALID_ARGUMENT", message)


def not_found(message: str = "Requested entity was not found.") -> ApiError:
    """Return a refusal of a name that stands for nothing."""
    return ApiError("NOT_FOUND", message)
