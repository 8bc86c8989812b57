"""Write files and folders that appear complete or not at all."""

from __future__ import annotations

import errno
import filecmp
import glob
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from cs_data.errors import DataError

_STALE_SECONDS = 24 * 60 * 60
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_EMPTY = (errno.ENOTEMPTY, errno.EEXIST)


@contextmanager
def atomic_file(path: Path, *, locked: bool = False) -> Iterator[Path]:
    """Yield a path beside `path`; the file written there replaces `path` when the block ends well.

    Args:
        path: may exist; after an error it is as it was, and no other file is left.
        locked: whether nobody else writes to `path` meanwhile, so that what a killed process has
            left is overwritten.
    """
    partial = path.with_name(f".{path.name}.{'' if locked else uuid.uuid4().hex}.part")
    try:
        with _errors_name(path, partial):
            yield partial
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def atomic_write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with plain line feeds, replacing an older file only when all is written.

    Raises:
        OSError: the file cannot be written; no part of it is left.
    """
    with atomic_open(path) as file:
        file.write(text)


@contextmanager
def atomic_open(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a file for writing that replaces an older one only when the block ends well.

    Args:
        path: the file.
        mode: `w` for UTF-8 text, whose line ends are written as they are, or `wb` for bytes.

    Raises:
        OSError: the file cannot be written; no part of it is left.
    """
    encoding, newline = (None, None) if "b" in mode else ("utf-8", "\n")
    with (
        atomic_file(path) as partial,
        partial.open(mode, encoding=encoding, newline=newline) as file,
    ):
        yield file


@contextmanager
def atomic_folder(target: Path, ours: frozenset[str]) -> Iterator[Path]:
    """Yield an empty folder beside `target` that takes its place when the block ends well.

    After an error nothing is left, and what was there before is still there. A folder that holds
    the same bytes already is left alone, so of several processes that make the same folder at
    once, all use the first one's. The umask decides who may read the files, also where a library
    has created one for its owner alone.

    Args:
        target: may exist, if it is a folder that holds nothing but files called as in `ours`.
        ours: names of the files that the folder is going to hold.

    Raises:
        DataError: `target` is something else, which must not be lost.
    """
    target = target.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        file = next(parent for parent in target.parents if parent.is_file())
        raise DataError(f"{target} cannot be made: {file} is a file") from None
    _refuse_to_lose(target, ours)
    _remove_stale(target)
    partial = target.with_name(f".{target.name}.partial-{uuid.uuid4().hex}")
    with _errors_name(target, partial):
        partial.mkdir()
    try:
        with _errors_name(target, partial):
            yield partial
        _refuse_to_lose(target, ours)
        _follow_umask(partial)
        _put(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _errors_name(target: Path, partial: Path) -> Iterator[None]:
    """Let errors name what a person asked for, not the name that it has until it is complete."""
    try:
        yield
    except OSError as error:
        if error.filename == str(partial) or (error.filename is None and error.errno in _FULL):
            error.filename = str(target)
        raise


def _follow_umask(folder: Path) -> None:
    """Give files the mode that the umask gives to new ones: that of the folder, not executable."""
    mode = folder.stat().st_mode & 0o666
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)


def _put(partial: Path, target: Path) -> None:
    old = partial.with_name(partial.name.replace(".partial-", ".old-"))
    try:
        while True:
            try:
                partial.rename(target)
            except OSError as error:
                if error.errno not in _NOT_EMPTY:
                    raise
            else:
                return
            if _same(partial, target):
                return
            # A folder cannot be renamed onto one with files in it, so that one steps aside first;
            # unless it is gone already, since another process is doing the same just now.
            shutil.rmtree(old, ignore_errors=True)
            with suppress(FileNotFoundError):
                target.rename(old)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _same(folder: Path, other: Path) -> bool:
    names = sorted(path.name for path in folder.iterdir())
    try:
        return names == sorted(path.name for path in other.iterdir()) and all(
            filecmp.cmp(folder / name, other / name, shallow=False) for name in names
        )
    except FileNotFoundError:  # another process is replacing it just now
        return False


def _refuse_to_lose(target: Path, ours: frozenset[str]) -> None:
    try:
        others = sorted(path.name for path in target.iterdir() if path.name not in ours)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise DataError(f"{target} is a file: name a folder") from None
    if others:
        raise DataError(
            f"{target} holds other files, such as {others[0]!r}: name a new or empty folder, "
            "since its contents would be replaced"
        )


def _remove_stale(target: Path) -> None:
    """Remove what a killed process left behind long ago."""
    for kind in ("partial", "old"):
        for path in target.parent.glob(f".{glob.escape(target.name)}.{kind}-*"):
            with suppress(FileNotFoundError):  # another process has just finished its own
                if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)
