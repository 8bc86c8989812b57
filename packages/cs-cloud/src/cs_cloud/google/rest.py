"""Calls APIs of Google of which a few methods are needed, without a client library for each.

IAM's library speaks only gRPC. Cloud Logging's calls, for each log, a metadata server that only
machines of Google Cloud have: elsewhere it waits for 10 seconds.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from google.api_core.exceptions import from_http_response
from google.api_core.retry import Retry
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from google.protobuf.json_format import ParseError

Json: TypeAlias = dict[str, Any]


class RestApi:
    """An API that takes and returns JSON, and raises what the official clients raise.

    Args:
        credentials: sent with each request.
        url: what all paths begin with, such as https://iam.googleapis.com/v1.
    """

    def __init__(self, credentials: Credentials, url: str) -> None:
        self._session = AuthorizedSession(credentials)
        self._url = url

    def get(
        self, path: str, query: Json | None = None, *, timeout: float, retry: Retry | None = None
    ) -> Json:
        """Return the answer to a GET request."""
        return self._call(retry, "GET", path, params=query, timeout=timeout)

    def post(self, path: str, body: Json, *, timeout: float, retry: Retry | None = None) -> Json:
        """Return the answer to a POST request."""
        return self._call(retry, "POST", path, json=body, timeout=timeout)

    def _call(self, retry: Retry | None, method: str, path: str, **request: Any) -> Json:  # noqa: ANN401
        def call() -> Json:
            response = self._session.request(method, f"{self._url}/{path}", **request)
            if not response.ok:
                raise from_http_response(response)
            answer: Json = response.json()
            if not isinstance(answer, dict):
                raise ParseError("the answer is no object")
            return answer

        return retry(call)() if retry else call()
