"""Checks that are made side by side, each with the same deadline, and none of which stops another.

What is looked at is for others to say: `cs_cloud.checks` and `cs_cloud.local.checks`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Literal, TypeAlias

from cs_cloud.errors import CloudError

Outcome: TypeAlias = Literal["ok", "failed", "not checked"]
Probe: TypeAlias = Callable[[], str]
"""Looks at one thing and returns what it saw; raises if that is not as it should be, or unseen."""

_WORDS: dict[Outcome, str] = {"ok": "ok", "failed": "FAILED", "not checked": "--"}


@dataclass(frozen=True)
class Check:
    """What became of one check."""

    name: str
    outcome: Outcome
    detail: str
    fix: str = ""
    """A command to paste, or a page to open, that mends it; "" where there is none."""


class CheckFailedError(Exception):
    """Something is not as it should be: what, and the fix."""

    def __init__(self, detail: str, fix: str = "") -> None:
        super().__init__(detail)
        self.fix = fix


class NotCheckedError(CheckFailedError):
    """Something could not be looked at: why, and what would let it be."""


def run_checks(probes: Sequence[tuple[str, Probe]], deadline: float) -> tuple[Check, ...]:
    """Make checks at once; return what became of them, in their order.

    Args:
        probes: names, and what looks.
        deadline: seconds after which a check counts as not made.
    """
    found: dict[int, Check] = {}

    def make(index: int, name: str, probe: Probe) -> None:
        found[index] = _make(name, probe)

    # No pool of threads, which would be waited for at exit: one that hangs must not hold us up.
    threads = [
        Thread(target=make, args=(index, name, probe), daemon=True)
        for index, (name, probe) in enumerate(probes)
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
    """Return what a person is shown: what became of a check, and under it the fix."""
    first = f"{_WORDS[check.outcome]:8}{check.name:32}  {check.detail}"
    return (first, f"{'':8}{check.fix}") if check.fix else (first,)


def _make(name: str, probe: Probe) -> Check:
    try:
        return Check(name, "ok", probe())
    except NotCheckedError as error:
        return Check(name, "not checked", str(error), error.fix)
    except CheckFailedError as error:
        return Check(name, "failed", str(error), error.fix)
    except CloudError as error:
        return Check(name, "not checked", error.message, error.fix)
    except Exception as error:  # whatever it is, it must not stop the others
        told = " ".join(f"{type(error).__name__}: {error}".split())
        return Check(name, "not checked", f"went wrong unforeseen: {told}")
