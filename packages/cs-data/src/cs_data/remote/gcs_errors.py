"""Explain what Cloud Storage answers: what was refused, why, and what to do."""

from __future__ import annotations

import os
from typing import Literal

from cs_data.command_line import one_line

_DONE = {"read": "read", "write": "written"}
_ROLES = {"read": "Storage Object Viewer", "write": "Storage Object User"}


def is_retryable(error: Exception) -> bool:
    """Say whether the same request may succeed later: no answer, 408, 429, 5xx, or a wrong md5."""
    from gcsfs.retry import is_retriable

    return isinstance(error, TimeoutError) or bool(is_retriable(error))


def explain(error: Exception, url: str, purpose: Literal["read", "write"]) -> str:
    """Return one line about a failed request: the object, the reason, and what to do.

    Args:
        error: what gcsfs, or a library that it uses, has raised.
        url: the address of the object, beginning with `gs://BUCKET/`.
        purpose: whether the object was to be read, or written.
    """
    status = str(getattr(error, "code", ""))
    message = one_line(error)
    bucket = "/".join(url.split("/")[:3])
    problem, fix = f"cannot be {_DONE[purpose]} ({type(error).__name__}: {message})", "try later"
    if isinstance(error, FileNotFoundError) and purpose == "write":
        problem = f"cannot be written, for there is no bucket {bucket}"
        fix = "create it, or name another"
    elif isinstance(error, FileNotFoundError):
        problem, fix = "is not there", "check the address"
    elif status == "401" or type(error).__module__.startswith("google.auth"):
        problem = f"cannot be {_DONE[purpose]} without credentials ({message})"
        fix = (
            "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a "
            "key file; a job needs a service account"
        )
    elif message.startswith("Forbidden") or status == "403" or isinstance(error, PermissionError):
        reason = " ".join(str(error).splitlines()[1:]).strip() or message
        problem = f"may not be {_DONE[purpose]} with these credentials ({reason})"
        fix = f"give their account the role {_ROLES[purpose]} on the bucket {bucket}"
    elif type(error).__module__.startswith(("aiohttp", "requests")):
        problem = f"cannot be reached ({type(error).__name__}: {message})"
        fix = "check the network and the address"
        if emulator := os.environ.get("STORAGE_EMULATOR_HOST"):
            fix = f"start the server at {emulator}, or unset STORAGE_EMULATOR_HOST"
    elif is_retryable(error):
        problem = f"was tried again and again ({message})"
        fix = "check the network, or try later"
    return f"{url} {problem}: {fix}"
