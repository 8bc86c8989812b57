"""Brings the version of a raw file that its `.dvc` file names: whole and right, or not at all."""

from __future__ import annotations

import errno
import hashlib
import shutil
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cs_data.errors import DataError
from cs_data.progress import Progress
from cs_data.remote.store import Store
from cs_data.tracked_file import TrackedFile

JOBS = 4
_CHUNK = 1 << 20


def pull_raw(tracked: TrackedFile, *, jobs: int = JOBS) -> None:
    """Put the tracked version in its place, from DVC's cache or else from the remote.

    What lies there already is replaced only if DVC's cache holds it too. Several processes may do
    this at once: one works, the others wait and find it done.

    Args:
        tracked: which version.
        jobs: how many ranges of the object are fetched at once.

    Raises:
        DataError: it cannot be had, or would replace a file that is kept nowhere else.
    """
    root = dvc_root(tracked.path)
    with locked(tracked.path):
        _pull(tracked, root, jobs)


def pull_copy(tracked: TrackedFile, path: Path, *, jobs: int = JOBS) -> None:
    """Put the tracked version at another place than its own, which nobody else writes to.

    Raises:
        DataError: it cannot be had.
    """
    _bring(tracked, path, Store(dvc_root(tracked.path), tracked.remote), jobs)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from replacing a raw file."""
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


def md5_of(path: Path) -> str | None:
    """Hash a file; None if there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder: name the CSV file in it") from None


def _pull(tracked: TrackedFile, root: Path, jobs: int) -> None:
    path = tracked.path
    present = md5_of(path)
    if present == tracked.md5:  # another process was first
        return
    store = Store(root, tracked.remote)
    if present is not None and not cached(store, present).exists():
        raise DataError(
            f"{path} (md5 {present}) is not the version that {tracked.dvc_file} names "
            f"(md5 {tracked.md5}) and is kept nowhere else: move it away to fetch that version, "
            "or make it the new version with cs-data publish"
        )
    _bring(tracked, path, store, jobs)


def _bring(tracked: TrackedFile, path: Path, store: Store, jobs: int) -> None:
    """Put the tracked version at `path`, and in DVC's cache if it is not there yet."""
    partial = _partial(path)
    kept = cached(store, tracked.md5)
    try:
        if not kept.exists() or _write(_chunks(kept), partial) != (tracked.md5, tracked.size):
            with Progress(f"fetching {tracked.path.name}", tracked.size) as progress:
                found = _write(store.read(tracked, jobs), partial, progress)
            _check(found, tracked, store)
            _keep(partial, kept)
        partial.replace(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"{path}: no space is left for its {tracked.size:,} bytes, and as many in "
                f"{store.cache}: free some and fetch it again"
            ) from None
        raise
    finally:
        partial.unlink(missing_ok=True)


def _check(found: tuple[str, int], tracked: TrackedFile, store: Store) -> None:
    md5, size = found
    place = store.place(tracked)
    if size < tracked.size:
        raise DataError(
            f"{place} ends after {size:,} of {tracked.size:,} bytes: it is damaged; restore it in "
            "the bucket, or publish the file again"
        )
    if md5 != tracked.md5:
        raise DataError(
            f"{place} holds other bytes than {tracked.dvc_file} says (md5 {md5} instead of "
            f"{tracked.md5}): it was damaged or replaced; restore it in the bucket, or publish "
            "the file again"
        )


def dvc_root(path: Path) -> Path:
    """Find the folder above that holds `.dvc/config`.

    Raises:
        DataError: there is none.
    """
    for folder in path.resolve().parents:
        if (folder / ".dvc" / "config").is_file():
            return folder
    raise DataError(
        f"{path} is not here, and no folder above it holds .dvc/config, which says where to get it"
    )


def cached(store: Store, md5: str) -> Path:
    """Where DVC's cache holds these bytes, if it does."""
    return store.cache / md5[:2] / md5[2:]


def copy_whole(source: Path, path: Path) -> None:
    """Put a copy of a file at `path`, whole or not at all; the caller holds the lock of `path`."""
    partial = _partial(path)
    try:
        shutil.copyfile(source, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    # One name is enough, since only the holder of the lock writes to it.
    return path.with_name(f".{path.name}.partial")


def _keep(file: Path, kept: Path) -> None:
    """Put a copy into DVC's cache, which other checkouts may share."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(f"{kept.name}.{uuid.uuid4().hex}")
    try:
        shutil.copyfile(file, partial)
        partial.chmod(0o444)  # as DVC protects what it keeps
        partial.replace(kept)
    finally:
        partial.unlink(missing_ok=True)


def _write(
    chunks: Iterable[bytes], path: Path, progress: Progress | None = None
) -> tuple[str, int]:
    """Write a file; return the md5 and the number of its bytes."""
    md5, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            md5.update(chunk)
            size += len(chunk)
            if progress is not None:
                progress.update(size)
    return md5.hexdigest(), size


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
