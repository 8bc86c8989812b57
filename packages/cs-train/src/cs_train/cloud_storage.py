"""Writes objects of Google Cloud Storage: each verified, each failure explained in one line.

Credentials are the environment's: the service account of a job, or a person's own login.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cs_data.command_line import one_line
from cs_data.remote.gcs_errors import explain, is_retryable
from cs_data.remote.retries import RetryReporter, request_timeout
from cs_train.errors import ConfigError

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class CloudStorage:
    """Objects of any bucket, by their gs:// address.

    gcsfs itself retries a request for half a minute where the reason is retryable, with growing
    pauses; `pauses` are seconds to wait before each further round of that. What fails all the same
    is a ConfigError.
    """

    def __init__(self) -> None:
        from gcsfs import GCSFileSystem

        # Nobody has credentials for an emulator, and asking this machine for some takes seconds.
        emulated = os.environ.get("STORAGE_EMULATOR_HOST", "") not in ("", "default")
        token = "anon" if emulated else None
        self._fs = GCSFileSystem(token=token, requests_timeout=request_timeout())

    def holds(self, url: str) -> bool:
        """Return whether an object exists."""

        def look() -> bool:
            try:
                self._fs.info(url)
            except FileNotFoundError:
                return False
            return True

        return self._retry(url, look)

    def check_writable(self, url: str) -> None:
        """Write an empty object and delete it, which takes the same rights as replacing one."""
        self._retry(url, lambda: self._fs.pipe_file(url, b""))
        self._retry(url, lambda: self._fs.rm_file(url))

    def put(self, file: Path, url: str, pauses: Sequence[float] = ()) -> None:
        """Write a file into an object, and compare the md5 that the bucket has computed of it."""
        self._retry(url, lambda: self._fs.put_file(str(file), url, consistency="md5"), pauses)

    def _retry(self, url: str, request: Callable[[], _T], pauses: Sequence[float] = ()) -> _T:
        with RetryReporter(url, _log.warning):
            waits = iter(pauses)
            while True:
                try:
                    return request()
                except Exception as error:  # whatever gcsfs and what it is made of may raise
                    pause = next(waits, None)
                    if pause is None or not is_retryable(error):
                        raise ConfigError(explain(error, url, "write")) from error
                    _log.warning("%s: %s; trying again in %g s", url, one_line(error), pause)
                time.sleep(pause)
