"""Calls an API over REST where its official client speaks only gRPC, or makes calls of its own.

IAM has no client for REST. Cloud Logging's client calls, for each log that it finds entries of, a
metadata server that only machines of Google Cloud have: elsewhere that waits for 10 seconds.
"""

from __future__ import annotations

from typing import Any

from google.api_core.exceptions import from_http_response
from google.api_core.retry import Retry
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession


class RestApi:
    """An API that takes and returns JSON, and raises what the official clients raise."""

    def __init__(self, credentials: Credentials, endpoint: str) -> None:
        self._session = AuthorizedSession(credentials)
        self._endpoint = endpoint

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        timeout: float,
        retry: Retry | None = None,
    ) -> dict[str, Any]:
        """Return the answer to a request, such as `GET /v1/projects/P/serviceAccounts/S`."""
        call = retry(self._call) if retry else self._call
        return call(method, path, body, timeout)

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None, timeout: float
    ) -> dict[str, Any]:
        response = self._session.request(
            method, f"{self._endpoint}{path}", json=body, timeout=timeout
        )
        if not response.ok:
            raise from_http_response(response)
        answer: dict[str, Any] = response.json()
        return answer
