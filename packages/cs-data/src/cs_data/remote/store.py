"""The DVC remote that keeps every version of the raw files, opened as `.dvc/config` says.

DVC's own pull of a remote with versions transfers each object twice, once to hash it and once to
keep it, and tells neither what went wrong nor how to mend it. So objects are read here: through
the file system that DVC sets up, in ranges, so that a fault costs one range.
"""

from __future__ import annotations

import os
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cs_data.errors import DataError
from cs_data.remote.retries import RetryReporter, request_timeout
from cs_data.tracked_file import TrackedFile

if TYPE_CHECKING:
    from dvc.fs import FileSystem

_RANGE = 4 << 20


class Store:
    """A DVC remote.

    Args:
        root: the folder that holds `.dvc/`; it need not be a git checkout.
        name: of the remote; None: the default one.

    Raises:
        DataError: the configuration names no remote that can be used.
    """

    def __init__(self, root: Path, name: str | None = None) -> None:
        # Asking what kind of bucket it is would cost a call and a permission more.
        os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
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
            raise DataError(f"{self._file}: {_one_line(error)}") from None
        self._fs: FileSystem = kind(**options)
        if self._fs.protocol == "gs":
            self._fs.fs_args["requests_timeout"] = request_timeout()
        self.cache = Path(root, ".dvc", config["cache"].get("dir") or "cache", "files", "md5")

    def read(self, tracked: TrackedFile, jobs: int) -> Iterator[bytes]:
        """Give the bytes of one version in order, `jobs` ranges at a time.

        Raises:
            DataError: they cannot be had.
        """
        path = self._object(tracked)
        size = tracked.size
        try:
            with RetryReporter(self._url(path), _tell):
                for start in range(0, size, _RANGE * jobs):
                    starts = list(range(start, min(size, start + _RANGE * jobs), _RANGE))
                    ends = [min(size, at + _RANGE) for at in starts]
                    yield from self._fs.fs.cat_ranges(
                        [path] * len(starts), starts, ends, on_error="raise"
                    )
        except DataError:
            raise
        except Exception as error:  # whatever a file system of any kind may raise
            raise DataError(self._explain(error, tracked)) from error

    @property
    def versions(self) -> bool:
        """Whether the remote keeps older versions of an object."""
        return bool(self._fs.version_aware)

    def reach(self) -> None:
        """Find out whether the remote answers at all, before anything is asked of it.

        Raises:
            DataError: it does not.
        """
        from aiohttp import ClientError

        where = self._url(self._path)
        try:
            with RetryReporter(where, _tell):
                self._fs.fs.info(self._path)
        except ClientError as error:
            raise DataError(self._unreachable(where, error)) from error
        except Exception:  # noqa: S110 - it answers; what, the next request will tell
            pass

    def check(self, tracked: TrackedFile) -> None:
        """Compare the md5 that the remote has computed, if it tells one, with the tracked one.

        Raises:
            DataError: they differ, or the object is not there.
        """
        try:
            there = self._fs.fs.info(self._object(tracked)).get("md5Hash")
        except Exception as error:  # whatever a file system of any kind may raise
            raise DataError(self._explain(error, tracked)) from error
        if there and b64decode(there).hex() != tracked.md5:
            raise DataError(
                f"{self.place(tracked)} holds other bytes than were pushed (md5 "
                f"{b64decode(there).hex()} instead of {tracked.md5}): publish the file again"
            )

    def explain_push(self, error: Exception, tracked: TrackedFile) -> str:
        """Say in one line why a file was not pushed and what to do."""
        told = _one_line(error)
        where = self._url(self._path)
        if told.startswith("Forbidden"):
            return (
                f"{where} may not be written to with these credentials ({told}): ask for the role "
                "Storage Object User on the bucket"
            )
        return f"{tracked.path} was not pushed to {where}: {self._explain(error, tracked)}"

    def place(self, tracked: TrackedFile) -> str:
        """Name the object for a person."""
        return self._url(self._object(tracked))

    def _object(self, tracked: TrackedFile) -> str:
        fs = self._fs
        if not fs.version_aware:
            md5 = tracked.md5
            return str(fs.join(self._path, "files", "md5", md5[:2], md5[2:]))
        parts = tracked.path.resolve().relative_to(self._root).parts
        return str(fs.version_path(fs.join(self._path, *parts), tracked.generation))

    def _url(self, path: str) -> str:
        return str(self._fs.unstrip_protocol(path))

    def _explain(self, error: Exception, tracked: TrackedFile) -> str:
        """Say in one line what is wrong with an object and what to do."""
        url = self.place(tracked)
        code = str(getattr(error, "code", ""))
        told = _one_line(error)
        if isinstance(error, FileNotFoundError):
            return self._explain_absence(tracked)
        if code == "401" or type(error).__module__.startswith("google.auth"):
            return (
                f"{url} cannot be read without credentials ({told}): run gcloud auth "
                "application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a key file"
            )
        if told.startswith("Forbidden") or code == "403" or isinstance(error, PermissionError):
            return (
                f"{url} may not be read with these credentials ({told}): ask for the role Storage "
                "Object Viewer on the bucket"
            )
        if code in ("408", "429") or code.startswith("5"):
            return f"{url}: the service answered {told} again and again: try later"
        return self._unreachable(url, error)

    def _unreachable(self, where: str, error: Exception) -> str:
        return (
            f"{where} cannot be reached ({type(error).__name__}: {_one_line(error)}): "
            f"check the network and the remote {self._name!r} in {self._file}"
        )

    def _explain_absence(self, tracked: TrackedFile) -> str:
        """Find out what of bucket, object and generation is not there."""
        path = self._object(tracked)
        if not self.versions:
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
                f"there is no bucket gs://{bucket}, or it may not be listed: check the remote "
                f"{self._name!r} in {self._file}"
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


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
