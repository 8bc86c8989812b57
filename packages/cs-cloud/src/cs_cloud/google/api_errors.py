"""Explains in one line what Google's clients raise, and decides which calls are made again.

Every call takes `timeout=TIMEOUT`; every call that only reads takes `retry=RETRY`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from google.api_core import exceptions as api
from google.api_core.retry import Retry
from google.auth import exceptions as auth
from google.protobuf.json_format import ParseError
from requests import exceptions as http

from cs_cloud.errors import CloudError
from cs_cloud.google.clients import ENDPOINT
from cs_cloud.google.permissions import find_permission, grant, role_with

TIMEOUT = 30.0
"""Seconds that one call may take."""

LOGIN = "gcloud auth application-default login"
"""The command for credentials that are missing, or that are refused."""

_MAX_TEXT = 300
_UNREACHABLE = (auth.TransportError, http.ConnectionError, http.ChunkedEncodingError)
_SLOW = (api.GatewayTimeout, http.Timeout)
_UNAVAILABLE = (api.ServiceUnavailable, api.BadGateway, api.InternalServerError)
_GARBAGE = (ParseError, http.JSONDecodeError)
_ALL = (api.GoogleAPIError, auth.GoogleAuthError, http.RequestException, ParseError)


def is_transient(error: BaseException | None) -> bool:
    """Return whether the same call may succeed when it is made again a little later."""
    kinds = (*_UNREACHABLE, *_SLOW, *_UNAVAILABLE, api.TooManyRequests)
    return isinstance(_last_attempt(error), kinds)


def answer_is_lost(error: CloudError) -> bool:
    """Return whether a call may have been carried out although its answer cannot be read."""
    cause = error.__cause__
    refused = isinstance(cause, api.TooManyRequests)
    return isinstance(cause, _GARBAGE) or (is_transient(cause) and not refused)


RETRY = Retry(predicate=is_transient, initial=0.5, maximum=4, timeout=20)
"""For calls that may be made twice: transient errors are retried, for 20 s."""


class Explanation(NamedTuple):
    """What an exception means."""

    problem: str
    advice: str = ""
    """What to do, in words."""
    fix: str = ""
    """A command that fixes it."""


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn what Google's clients raise into one line.

    Args:
        action: what is being done to what, such as `reading secret X`.

    Raises:
        CloudError: it went wrong: how, and what to do.
    """
    try:
        yield
    except _ALL as error:
        problem, advice, fix = explanation_of(error)
        raise CloudError(f"{action}: {problem}{'; ' * bool(advice)}{advice}", fix) from error


_PROXY = (
    "a proxy, or a network's page for logging in, may have answered instead: open a page in a"
    " browser, then try again"
)
_MORE_QUOTA = (
    "wait a minute and try again, or ask for more at"
    " https://console.cloud.google.com/iam-admin/quotas"
)
_OUTAGE = "try again in a minute; https://status.cloud.google.com lists outages"

# The first row that fits counts: JSON that requests cannot read is a connection error as well.
_EXPLANATIONS: tuple[tuple[tuple[type[Exception], ...], str, str, str], ...] = (
    (_GARBAGE, "the answer is not one of Google's", _PROXY, ""),
    (_SLOW, "no answer in time ({})", "try again in a minute", ""),
    (_UNREACHABLE, "cannot be reached ({})", "check the network, the VPN and the proxy", ""),
    ((api.Unauthorized, auth.GoogleAuthError), "the credentials are refused ({})", "", LOGIN),
    ((api.NotFound,), "is not there: {}", "check the name, the project and the region", ""),
    ((api.TooManyRequests,), "a quota is used up: {}", _MORE_QUOTA, ""),
    (_UNAVAILABLE, "the service is not available ({})", _OUTAGE, ""),
    ((Exception,), "{}", "", ""),
)


def explanation_of(error: Exception) -> Explanation:
    """Return what an exception of Google's clients means, and what to do."""
    cause: Any = _last_attempt(error)
    if isinstance(cause, api.Forbidden):
        return _forbidden(cause)
    row = next(row for row in _EXPLANATIONS if isinstance(cause, row[0]))
    problem, hint, fix = row[1].format(_reason(cause)), *row[2:]
    if row[0] is _UNREACHABLE and (server := os.environ.get(ENDPOINT)):
        hint = f"start the server at {server}, or unset {ENDPOINT}"
    return Explanation(problem, hint, fix)


def text_of(error: Any) -> str:  # noqa: ANN401  any of _ALL, which have no common attributes
    """Return the message of an API's error in one line, without the address that was called."""
    text = " ".join(str(getattr(error, "message", error)).split())
    text = re.sub(r"^[A-Z]+ https?://\S+: ", "", text)
    text = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    return text.rstrip(".") or type(error).__name__


def _forbidden(error: api.Forbidden) -> Explanation:
    details = dict(error.metadata or {})
    project = _project(details.get("resource", "")) or _project(details.get("consumer", ""))
    if error.reason == "SERVICE_DISABLED":
        name = details.get("service", "API")
        where = f" --project={project}" if project else ""
        return Explanation(f"{name} is not enabled", fix=f"gcloud services enable {name}{where}")
    if error.reason == "BILLING_DISABLED":
        return Explanation(
            f"the project {project} has no billing account",
            "link one at https://console.cloud.google.com/billing/projects",
        )
    permission = details.get("permission", "") or find_permission(error.message)
    if not permission:
        return Explanation(
            f"not permitted: {text_of(error)}",
            f"check the project and the account (gcloud auth list), or log in again: {LOGIN}",
        )
    role = role_with(permission) or "ROLE"
    command = grant(project or "PROJECT", "user:YOUR-E-MAIL", role)
    return Explanation(
        f"needs the permission {permission}, which is in the role {role}",
        f"have an owner of the project run: {command}",
    )


def _reason(error: Any) -> str:  # noqa: ANN401
    """Return the message of an error; of a connection's, that of the system at its root."""
    if isinstance(error, _UNREACHABLE):
        while deeper := error.__cause__ or error.__context__:
            error = deeper
        return getattr(error, "strerror", None) or text_of(error)
    return text_of(error)


def _last_attempt(error: BaseException | None) -> BaseException | None:
    """Return the error of the last attempt, where several were made."""
    return error.cause if isinstance(error, api.RetryError) and error.cause else error


def _project(resource: str) -> str:
    found = re.search(r"projects/([^/]+)", resource)
    return found[1] if found else ""
