"""Fetch the version of a raw file that its `.dvc` file names, complete and correct."""

from __future__ import annotations

import errno
import hashlib
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cs_data.atomic_files import atomic_file
from cs_data.checksums import md5_of
from cs_data.errors import DataError
from cs_data.optional_dependencies import needs_extra
from cs_data.progress import Progress
from cs_data.remote.store import Store
from cs_data.tracked_file import TrackedFile

JOBS = 4


def pull_raw(tracked: TrackedFile, *, jobs: int = JOBS) -> None:
    """Put the tracked version in its place, from DVC's cache or else from the remote.

    A file that is already there is replaced only if DVC's cache holds it too. Several processes may
    do this at once: one works, the others wait and find it done.

    Args:
        tracked: which version.
        jobs: how many ranges of the object are fetched at once.

    Raises:
        DataError: it cannot be fetched, or would replace a file that is kept nowhere else.
    """
    root, path = dvc_root(tracked.path), tracked.path
    with locked(path):
        present = md5_of(path)
        if present == tracked.md5:  # another process was first
            return
        store = Store(root, tracked.remote)
        if present is not None and not store.cached(present).exists():
            raise DataError(
                f"{path} (md5 {present}) is not the version that {tracked.dvc_file} names "
                f"(md5 {tracked.md5}) and is kept nowhere else: move it away to fetch that "
                "version, or make it the new version with cs-data publish"
            )
        _fetch(tracked, path, store, jobs)


def pull_copy(tracked: TrackedFile, path: Path, *, jobs: int = JOBS) -> None:
    """Put the tracked version at another place than its own, which nobody else writes to.

    Raises:
        DataError: it cannot be fetched.
    """
    _fetch(tracked, path, Store(dvc_root(tracked.path), tracked.remote), jobs)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from replacing a raw file."""
    with needs_extra("dvc", f"replacing {path.name}"):
        from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        sys.stderr.write(f"{path}: waiting for another process that fetches or publishes it\n")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def copy_to_raw(source: Path, path: Path) -> None:
    """Put a copy of a file at `path` atomically; the caller holds the lock of `path`."""
    with atomic_file(path, locked=True) as partial:
        shutil.copyfile(source, partial)


def dvc_root(path: Path) -> Path:
    """Return the folder above that holds `.dvc/config`.

    Raises:
        DataError: there is none.
    """
    for folder in path.resolve().parents:
        if (folder / ".dvc" / "config").is_file():
            return folder
    raise DataError(
        f"{path} is not here, and no folder above it holds .dvc/config, which says where to get it"
    )


def _fetch(tracked: TrackedFile, path: Path, store: Store, jobs: int) -> None:
    """Put the tracked version at `path`, and in DVC's cache if it is not there yet."""
    cached = store.cached(tracked.md5)
    try:
        with atomic_file(path, locked=True) as partial:
            if cached.exists():
                shutil.copyfile(cached, partial)
            if md5_of(partial) != tracked.md5:
                with Progress(f"fetching {tracked.path.name}", tracked.size) as progress:
                    found = _write(store.read(tracked, jobs), partial, progress)
                _check(found, tracked, store)
                cached.parent.mkdir(parents=True, exist_ok=True)
                with atomic_file(cached) as copy:
                    shutil.copyfile(partial, copy)
                    copy.chmod(0o444)  # as DVC protects what it caches
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"{path}: no space is left for its {tracked.size:,} bytes, and as many in "
                f"{store.cache}: free some and fetch it again"
            ) from None
        raise


def _write(chunks: Iterable[bytes], path: Path, progress: Progress) -> tuple[str, int]:
    """Write a file; return the md5 and the number of its bytes."""
    md5, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            md5.update(chunk)
            size += len(chunk)
            progress.update(size)
    return md5.hexdigest(), size


def _check(found: tuple[str, int], tracked: TrackedFile, store: Store) -> None:
    md5, size = found
    url = store.url(tracked)
    if size < tracked.size:
        raise DataError(
            f"{url} ends after {size:,} of {tracked.size:,} bytes: it is damaged; restore it in "
            "the bucket, or publish the file again"
        )
    if md5 != tracked.md5:
        raise DataError(
            f"{url} holds other bytes than {tracked.dvc_file} says (md5 {md5} instead of "
            f"{tracked.md5}): it was damaged or replaced; restore it in the bucket, or publish "
            "the file again"
        )
