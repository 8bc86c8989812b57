"""IAM's service accounts over REST: the official client of this API speaks only gRPC."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from google.api_core.exceptions import from_http_response
from google.api_core.retry import Retry
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession


class ServiceAccounts:
    """The two calls of https://cloud.google.com/iam/docs/reference/rest that are made here.

    Args:
        credentials: sent with each request.
        endpoint: address of the API.
    """

    def __init__(self, credentials: Credentials, endpoint: str) -> None:
        self._session = AuthorizedSession(credentials)
        self._endpoint = endpoint

    def is_disabled(self, email: str, *, timeout: float, retry: Retry) -> bool:
        """Return whether an account is disabled; raise what the official clients raise."""
        account = retry(self._call)("GET", email, timeout)
        return bool(account.get("disabled"))

    def granted_permissions(
        self, email: str, permissions: list[str], *, timeout: float, retry: Retry
    ) -> list[str]:
        """Return those of the permissions on an account that the caller has."""
        body = {"permissions": permissions}
        answer = retry(self._call)("POST", f"{email}:testIamPermissions", timeout, body)
        granted: list[str] = answer.get("permissions", [])
        return granted

    def _call(self, method: str, path: str, timeout: float, body: Any = None) -> dict[str, Any]:  # noqa: ANN401  JSON
        url = f"{self._endpoint}/v1/projects/-/serviceAccounts/{quote(path, safe='@:')}"
        response = self._session.request(method, url, json=body, timeout=timeout)
        if not response.ok:
            raise from_http_response(response)
        answer: dict[str, Any] = response.json()
        return answer
