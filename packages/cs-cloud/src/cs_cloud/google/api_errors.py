"""Says in one line what Google's clients raise, and what to do about it; tells what to try again.

Every call takes `timeout=TIMEOUT`; every call that only reads takes `retry=RETRY`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from google.api_core import exceptions as api
from google.api_core.retry import Retry
from google.auth import exceptions as auth
from google.protobuf.json_format import ParseError
from requests import exceptions as http

from cs_cloud.errors import CloudError
from cs_cloud.google.permissions import find_permission, grant, role_with

TIMEOUT = 30.0
"""Seconds that one call may take."""

LOGIN = "gcloud auth application-default login"
"""The command for credentials that are not there, or that nobody accepts."""

_LONGEST_TEXT = 300
_UNREACHABLE = (auth.TransportError, http.ConnectionError, http.ChunkedEncodingError)
_SLOW = (api.GatewayTimeout, http.Timeout)
_UNAVAILABLE = (api.ServiceUnavailable, api.BadGateway, api.InternalServerError)
# before the unreachable: the JSON that requests cannot read is no trouble of the connection
_GARBAGE = (ParseError, http.JSONDecodeError)
_ALL = (api.GoogleAPIError, auth.GoogleAuthError, http.RequestException, ParseError)


def is_transient(error: BaseException) -> bool:
    """Tell whether the same call may well succeed when it is made again a little later."""
    kinds = (*_UNREACHABLE, *_SLOW, *_UNAVAILABLE, api.TooManyRequests)
    return isinstance(_cause(error), kinds)


RETRY = Retry(predicate=is_transient, initial=0.5, maximum=4, timeout=20)
"""For calls that may be made twice: what is transient is tried again, for 20 s."""


class Explanation(NamedTuple):
    """What an exception means."""

    problem: str
    remedy: str = ""
    """What to do, in words."""
    command: str = ""
    """What mends it when it is run."""


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what Google's clients raise into one line.

    Args:
        doing: what is being done to what, such as `reading secret X`.

    Raises:
        CloudError: it went wrong: how, and what to do.
    """
    try:
        yield
    except _ALL as error:
        problem, remedy, command = explanation_of(error)
        told = f"{problem}; {remedy}" if remedy else problem
        raise CloudError(f"{doing}: {told}", command) from error


def explanation_of(error: Exception) -> Explanation:
    """Return what an exception of Google's clients means, and what to do."""
    cause = _cause(error)
    for kinds, explain in _EXPLANATIONS:
        if isinstance(cause, kinds):
            return explain(cause)
    return Explanation(text_of(cause))


def _unauthenticated(error: Any) -> Explanation:  # noqa: ANN401  as the others here: one of _ALL
    return Explanation(f"the credentials are refused ({text_of(error)})", command=LOGIN)


def _forbidden(error: Any) -> Explanation:  # noqa: ANN401
    about = dict(error.metadata or {})
    project = _project(about.get("resource", "")) or _project(about.get("consumer", ""))
    if error.reason == "SERVICE_DISABLED":
        api_name = about.get("service", "API")
        where = f" --project={project}" if project else ""
        return Explanation(
            f"{api_name} is not enabled", command=f"gcloud services enable {api_name}{where}"
        )
    if error.reason == "BILLING_DISABLED":
        return Explanation(
            f"the project {project} has no billing account",
            "link one at https://console.cloud.google.com/billing/projects",
        )
    permission = about.get("permission", "") or find_permission(error.message)
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


def _missing(error: Any) -> Explanation:  # noqa: ANN401
    return Explanation(
        f"is not there: {text_of(error)}", "check the name, the project and the region"
    )


def _exhausted(error: Any) -> Explanation:  # noqa: ANN401
    return Explanation(
        f"a quota is used up: {text_of(error)}",
        "wait a minute and try again, or ask for more at"
        " https://console.cloud.google.com/iam-admin/quotas",
    )


def _slow(error: Any) -> Explanation:  # noqa: ANN401
    return Explanation(f"no answer in time ({text_of(error)})", "try again in a minute")


def _unavailable(error: Any) -> Explanation:  # noqa: ANN401
    return Explanation(
        f"the service is not available ({text_of(error)})",
        "try again in a minute, https://status.cloud.google.com tells of outages",
    )


def _unreachable(error: Any) -> Explanation:  # noqa: ANN401
    while deeper := error.__cause__ or error.__context__:
        error = deeper
    reason = getattr(error, "strerror", None) or text_of(error)
    return Explanation(f"cannot be reached ({reason})", "check the network, the VPN and the proxy")


def _garbage(_: Any) -> Explanation:  # noqa: ANN401
    return Explanation(
        "the answer is not one of Google's",
        "a proxy, or a network's page for logging in, may have answered instead: open a page in a"
        " browser, then try again",
    )


_EXPLANATIONS: tuple[tuple[tuple[type[Exception], ...], Callable[[Any], Explanation]], ...] = (
    (_GARBAGE, _garbage),
    (_SLOW, _slow),
    (_UNREACHABLE, _unreachable),
    ((api.Unauthorized, auth.GoogleAuthError), _unauthenticated),
    ((api.Forbidden,), _forbidden),
    ((api.NotFound,), _missing),
    ((api.TooManyRequests,), _exhausted),
    (_UNAVAILABLE, _unavailable),
)


def _cause(error: Any) -> Any:  # noqa: ANN401
    """Return what went wrong last, where several attempts were made."""
    return error.cause if isinstance(error, api.RetryError) and error.cause else error


def text_of(error: Any) -> str:  # noqa: ANN401
    """Return what an API says, in one line, without the address that it was asked at."""
    text = " ".join(str(getattr(error, "message", error)).split())
    text = re.sub(r"^[A-Z]+ https?://\S+: ", "", text)
    text = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return text.rstrip(".") or type(error).__name__


def _project(resource: str) -> str:
    found = re.search(r"projects/([^/]+)", resource)
    return found[1] if found else ""
