"""How long gcsfs waits for an answer, and how the requests that it sends again are reported."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientTimeout

_CONNECT_SECONDS = 20
_READ_SECONDS = 60


def request_timeout() -> ClientTimeout:
    """Return the timeouts of a request: a slow answer is waited for, a missing one is not."""
    from aiohttp import ClientTimeout

    return ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS)


class RetryReporter(logging.Handler):
    """Reports each reason for which requests are sent again, once, while a block runs.

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
        self._logger = logging.getLogger("gcsfs")

    def __enter__(self) -> None:
        self._before = self._logger.level, self._logger.propagate
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False  # its errors are raised as well, and explained then

    def __exit__(self, *_: object) -> None:
        level, self._logger.propagate = self._before
        self._logger.setLevel(level)
        self._logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Report a message of gcsfs, if it is about a request that is sent again."""
        before, retrying, error = record.getMessage().partition(" retrying after exception: ")
        reason = " ".join(error.split()) or before
        if retrying and reason not in self._reported:
            self._reported.add(reason)
            self._report(f"{self._url}: {reason}; trying again")
