"""Writes objects of Google Cloud Storage: each checked, each failure told in one line.

Credentials are the environment's: the service account of a job, or a person's own login.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cs_data.remote.retries import RetryReporter, request_timeout
from cs_train.errors import ConfigError

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Bucket:
    """A bucket, and every object in it by its gs:// address.

    A request that fails for a passing reason is sent again for half a minute, with growing pauses;
    `pauses` are seconds to wait before all of that is done over.
    """

    def __init__(self, name: str) -> None:
        # Asking what kind of bucket it is would cost a call and a permission more.
        os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        from gcsfs import GCSFileSystem

        self._name = name
        # Nobody has credentials for an emulator, and asking this machine for some takes seconds.
        emulated = os.environ.get("STORAGE_EMULATOR_HOST", "") not in ("", "default")
        token = "anon" if emulated else None
        self._fs = GCSFileSystem(token=token, requests_timeout=request_timeout())

    def holds(self, url: str) -> bool:
        """Tell whether an object is there.

        Raises:
            ConfigError: it cannot be found out.

        """

        def look() -> bool:
            try:
                self._fs.info(url)
            except FileNotFoundError:
                return False
            return True

        return self._insist(url, look)

    def try_writing(self, url: str) -> None:
        """Write an empty object and delete it, which takes the same rights as replacing one.

        Raises:
            ConfigError: it cannot be done.

        """
        self._insist(url, lambda: self._fs.pipe_file(url, b""))
        self._insist(url, lambda: self._fs.rm_file(url))

    def put(self, file: Path, url: str, pauses: Sequence[float] = ()) -> None:
        """Write a file into an object, and compare the md5 that the bucket has computed of it.

        Raises:
            ConfigError: it cannot be written.

        """
        self._insist(url, lambda: self._fs.put_file(str(file), url, consistency="md5"), pauses)

    def _insist(self, url: str, request: Callable[[], _T], pauses: Sequence[float] = ()) -> _T:
        with RetryReporter(url, _log.warning):
            waits = iter(pauses)
            while True:
                try:
                    return request()
                except Exception as error:  # whatever gcsfs and what it is made of may raise
                    pause = next(waits, None)
                    if pause is None or not _may_pass(error):
                        raise ConfigError(self._explain(error, url)) from error
                    _log.warning("%s: %s; trying again in %g s", url, _one_line(error), pause)
                time.sleep(pause)

    def _explain(self, error: Exception, url: str) -> str:
        """Say in one line what is wrong with an object and what to do."""
        told = _one_line(error)
        if isinstance(error, FileNotFoundError):
            return f"{url}: there is no bucket {self._name}; make it, or name another"
        if told.startswith("Forbidden"):
            reason = " ".join(str(error).splitlines()[1:]).strip() or "Forbidden"
            return (
                f"{url} refuses these credentials ({reason}): give their account the role Storage "
                f"Object User on the bucket {self._name}"
            )
        if str(getattr(error, "code", "")) == "401" or type(error).__module__.startswith(
            "google.auth"
        ):
            return (
                f"{url} asks for credentials ({told}): give the job a service account; elsewhere, "
                "run gcloud auth application-default login"
            )
        if _may_pass(error):
            return f"{url} was tried again and again ({told}): check the network, or try later"
        return f"{url} cannot be used ({type(error).__name__}: {told}): check the address"


def _may_pass(error: Exception) -> bool:
    from gcsfs.retry import is_retriable

    return isinstance(error, TimeoutError) or bool(is_retriable(error))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
