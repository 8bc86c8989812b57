"""Run checks side by side, with one deadline for all, so that none of them stops another.

What they look at is defined elsewhere, in `cs_cloud.checks.run_checks` and `cs_cloud.local.checks`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from cs_cloud.google.clients import Clients

Outcome: TypeAlias = Literal["ok", "failed", "not checked"]
Probe: TypeAlias = Callable[[], str]
"""Look at one thing and return what was seen; raise if it is not as it should be, or unseen."""

_WORDS: dict[Outcome, str] = {"ok": "ok", "failed": "FAILED", "not checked": "--"}


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    outcome: Outcome
    detail: str
    fix: str = ""
    """A command to paste, or a page to open, that fixes it; "" where there is none."""


@dataclass(frozen=True)
class CheckContext:
    """The clients of a project, and for how many seconds one check may use them."""

    clients: Clients
    deadline: float

    @property
    def project(self) -> str:
        """The project's id."""
        return self.clients.project

    @property
    def limits(self) -> dict[str, Any]:
        """Arguments of every call: how long it may take, and what is retried until then."""
        from cs_cloud.google.api_errors import RETRY

        return {"timeout": self.deadline, "retry": RETRY.with_timeout(self.deadline)}

    @property
    def member(self) -> str:
        """The caller, as a flag of gcloud names it."""
        email = getattr(self.clients.credentials, "service_account_email", None)
        return f"serviceAccount:{email}" if email else '"user:$(gcloud config get account)"'


class CheckFailedError(Exception):
    """Something is not as it should be: what, and the fix."""

    outcome: Outcome = "failed"

    def __init__(self, detail: str, fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix


class NotCheckedError(CheckFailedError):
    """Something could not be looked at: why, and what would make it visible."""

    outcome = "not checked"


def run_checks(probes: Sequence[tuple[str, Probe]], deadline: float) -> tuple[Check, ...]:
    """Run named checks at the same time; after `deadline` seconds a check counts as not made."""
    found: dict[int, Check] = {}

    def run(index: int, name: str, probe: Probe) -> None:
        found[index] = _run(name, probe)

    # No pool of threads, which would be waited for at exit: one that hangs must not hold us up.
    threads = [
        Thread(target=run, args=(index, *named), daemon=True) for index, named in enumerate(probes)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + deadline
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    return tuple(
        found.get(index) or Check(name, "not checked", f"no answer within {deadline:g} s")
        for index, (name, _) in enumerate(probes)
    )


def lines_of(check: Check) -> tuple[str, ...]:
    """Return what a person is shown: the result of a check, and under it the fix."""
    first = f"{_WORDS[check.outcome]:8}{check.name:32}  {check.detail}"
    return (first, f"{'':8}{check.fix}") if check.fix else (first,)


def _run(name: str, probe: Probe) -> Check:
    try:
        return Check(name, "ok", probe())
    except CheckFailedError as error:
        return Check(name, error.outcome, error.detail, error.fix)
    except CloudError as error:
        return Check(name, "not checked", error.message, error.fix)
    except Exception as error:  # whatever it is, it must not stop the others
        message = " ".join(f"{type(error).__name__}: {error}".split())
        return Check(name, "not checked", f"unexpected error: {message}")
