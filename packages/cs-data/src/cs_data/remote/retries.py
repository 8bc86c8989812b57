"""How long gcsfs waits for an answer, and how that and the requests sent again are reported."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientTimeout

_CONNECT_SECONDS = 20
_READ_SECONDS = 60
_QUIET_SECONDS = 5.0


def request_timeout() -> ClientTimeout:
    """Return the timeouts of a request: a slow answer is waited for, a missing one is not."""
    from aiohttp import ClientTimeout

    return ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS)


class RetryReporter(logging.Handler):
    """Report, while a block runs, that there is no answer yet, and why requests are sent again.

    The first answer, of which the block calls `answered`, ends the reports of waiting, which is for
    credentials too. Each reason for which requests are sent again is reported once:
    gcsfs logs neither which request it was nor how often it was tried, and the parts of a file
    fail together.

    Args:
        url: what the requests are about.
        report: called with each line.
    """

    def __init__(self, url: str, report: Callable[[str], object]) -> None:
        super().__init__(logging.DEBUG)
        self._url = url
        self._report = report
        self._reported: set[str] = set()
        self._answered = Event()
        self._logger = logging.getLogger("gcsfs")

    def __enter__(self) -> RetryReporter:
        self._before = self._logger.level, self._logger.propagate
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False  # its errors are raised as well, and explained then
        Thread(target=self._report_waiting, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answered()
        level, self._logger.propagate = self._before
        self._logger.setLevel(level)
        self._logger.removeHandler(self)

    def answered(self) -> None:
        """End the reports of waiting."""
        self._answered.set()

    def _report_waiting(self) -> None:
        """Report after 5, 10, 20, 40 s and so on that there is no answer."""
        waited = pause = _QUIET_SECONDS
        while not self._answered.wait(pause):
            self._report(f"{self._url}: no answer after {waited:.0f} s; still waiting")
            pause, waited = waited, waited * 2

    def emit(self, record: logging.LogRecord) -> None:
        """Report a message of gcsfs, if it is about a request that is sent again."""
        before, retrying, error = record.getMessage().partition(" retrying after exception: ")
        reason = " ".join(error.split()) or before
        if retrying and reason not in self._reported:
            self._reported.add(reason)
            self._report(f"{self._url}: {reason}; trying again")
