"""The DVC remote that keeps every version of the raw files, opened as `.dvc/config` says.

DVC's own pull of a remote with versions transfers each object twice, once to hash it and once to
keep it, and reports neither what went wrong nor how to fix it. So objects are read here: through
the file system that DVC sets up, in ranges, so that a fault costs one range.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cs_data.command_line import one_line
from cs_data.errors import DataError
from cs_data.optional_dependencies import needs_extra
from cs_data.remote.gcs_errors import explain
from cs_data.remote.retries import RetryReporter, request_timeout
from cs_data.tracked_file import TrackedFile

if TYPE_CHECKING:
    from dvc.fs import FileSystem

_RANGE = 4 << 20


class Store:
    """A DVC remote, and DVC's cache of it.

    Args:
        root: the folder that holds `.dvc/`; it need not be a git checkout.
        name: of the remote; None: the default one.

    Raises:
        DataError: the configuration names no remote that can be used.
    """

    def __init__(self, root: Path, name: str | None = None) -> None:
        with needs_extra("dvc", "reaching the DVC remote"):
            from dvc.config import Config
            from dvc.exceptions import DvcException
            from dvc.fs import get_cloud_fs

        self._root = root
        self._file = root / ".dvc" / "config"
        try:
            config = Config(str(root / ".dvc"))
            self._name = name or config["core"].get("remote")
            if self._name is None:
                raise DataError(f"{self._file} names no default remote: dvc remote default NAME")
            kind, options, self._path = get_cloud_fs(config, name=self._name)
        except DvcException as error:
            raise DataError(f"{self._file}: {one_line(error)}") from None
        except RuntimeError as error:
            raise DataError(
                f"DVC needs a home folder: set HOME to one ({one_line(error)})"
            ) from None
        self._fs: FileSystem = kind(**options)
        if self._fs.protocol == "gs":
            self._fs.fs_args["requests_timeout"] = request_timeout()
        self.keeps_versions = bool(self._fs.version_aware)
        """Whether the remote keeps older versions of an object."""
        self.cache = Path(root, ".dvc", config["cache"].get("dir") or "cache", "files", "md5")

    def cached(self, md5: str) -> Path:
        """Return where DVC's cache holds a file, if it does."""
        return self.cache / md5[:2] / md5[2:]

    def url(self, tracked: TrackedFile) -> str:
        """Return the address of the object, with its generation."""
        return self._url(self._object(tracked))

    def read(self, tracked: TrackedFile, jobs: int) -> Iterator[bytes]:
        """Yield the bytes of one version in order, `jobs` ranges at a time.

        Raises:
            DataError: they cannot be read.
        """
        path, size = self._object(tracked), tracked.size
        try:
            with RetryReporter(self._url(path), _print) as reporter:
                for start in range(0, size, _RANGE * jobs):
                    starts = list(range(start, min(size, start + _RANGE * jobs), _RANGE))
                    ends = [min(size, at + _RANGE) for at in starts]
                    ranges = [path] * len(starts), starts, ends
                    chunks = self._fs.fs.cat_ranges(*ranges, on_error="raise")
                    reporter.answered()
                    yield from chunks
        except Exception as error:  # whatever a file system of any kind may raise
            raise DataError(self._explain(error, tracked)) from error

    def check_reachable(self) -> None:
        """Check that the remote answers at all, before anything is asked of it.

        Raises:
            DataError: it does not.
        """
        from aiohttp import ClientError

        url = self._url(self._path)
        try:
            with RetryReporter(url, _print):
                self._fs.fs.info(self._path)
        except ClientError as error:
            raise DataError(f"{explain(error, url, 'read')} ({self._where()})") from error
        except Exception:  # noqa: S110 - it answers; the next request will show what
            pass

    def check(self, tracked: TrackedFile) -> None:
        """Compare the md5 that the remote has computed, if it has, with the tracked one.

        Raises:
            DataError: they differ, or the object is not there.
        """
        try:
            there = self._fs.fs.info(self._object(tracked)).get("md5Hash")
        except Exception as error:  # whatever a file system of any kind may raise
            raise DataError(self._explain(error, tracked)) from error
        if there and b64decode(there).hex() != tracked.md5:
            raise DataError(
                f"{self.url(tracked)} holds other bytes than were pushed (md5 "
                f"{b64decode(there).hex()} instead of {tracked.md5}): publish the file again"
            )

    def explain_push(self, error: Exception, tracked: TrackedFile) -> str:
        """Return one line about why a file was not pushed and what to do."""
        reason = self._explain(error, tracked, "write")
        return f"{tracked.path} was not pushed to {self._url(self._path)}: {reason}"

    def _object(self, tracked: TrackedFile) -> str:
        if not self.keeps_versions:
            md5 = tracked.md5
            return str(self._fs.join(self._path, "files", "md5", md5[:2], md5[2:]))
        parts = tracked.path.resolve().relative_to(self._root).parts
        return str(self._fs.version_path(self._fs.join(self._path, *parts), tracked.generation))

    def _url(self, path: str) -> str:
        return str(self._fs.unstrip_protocol(path))

    def _where(self) -> str:
        return f"remote {self._name!r} in {self._file}"

    def _explain(
        self, error: Exception, tracked: TrackedFile, purpose: Literal["read", "write"] = "read"
    ) -> str:
        """Return one line about what is wrong with an object and what to do."""
        if isinstance(error, FileNotFoundError):
            return self._explain_absence(tracked)
        return f"{explain(error, self.url(tracked), purpose)} ({self._where()})"

    def _explain_absence(self, tracked: TrackedFile) -> str:
        """Find out what of bucket, object and generation is not there."""
        path = self._object(tracked)
        if not self.keeps_versions:
            return f"{self._url(path)} is not there: it was never pushed, or is deleted: dvc push"
        latest, _ = self._fs.split_version(path)
        found = self._look(latest)
        if found is not None and str(found.get("generation")) == tracked.generation:
            return f"{self._url(path)} is listed, but was not found when it was read: try again"
        if found is not None:
            return (
                f"generation {tracked.generation} of {self._url(latest)} is gone; there is "
                f"generation {found.get('generation')}: take the newer {tracked.dvc_file.name} "
                "from git, or restore the older object in the bucket"
            )
        bucket = latest.partition("/")[0]
        if self._look(bucket) is None:
            return (
                f"there is no bucket gs://{bucket}, or it may not be listed: check the "
                f"{self._where()}"
            )
        return (
            f"{self._url(latest)} is not there: publish it, or restore it in the bucket "
            f"(its md5 is {tracked.md5})"
        )

    def _look(self, path: str) -> dict[str, Any] | None:
        try:
            return dict(self._fs.fs.info(path))
        except Exception:
            return None


def _print(line: str) -> None:
    sys.stderr.write(f"{line}\n")
