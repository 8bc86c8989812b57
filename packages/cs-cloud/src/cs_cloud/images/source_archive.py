"""Packs the files that an image is built from, and leaves out what `.gcloudignore` names."""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".gcloudignore"
_INCLUDE = "#!include:"


def pack_source(folder: Path, archive: BinaryIO) -> int:
    """Write the files that `gcloud builds submit` would upload as a compressed tarball.

    The same files always give the same bytes.

    Returns:
        How many files are in it.

    Raises:
        CloudError: `.gcloudignore` includes a file that cannot be read.
    """
    files = 0
    with (
        gzip.GzipFile(filename="", fileobj=archive, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tarball,
    ):
        for path in source_files(folder):
            member = tarball.gettarinfo(path, arcname=path.relative_to(folder).as_posix())
            _clear_owner_and_time(member)
            if member.isreg():
                with path.open("rb") as content:
                    tarball.addfile(member, content)
            else:
                tarball.addfile(member)
            files += 1
    return files


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the files and links of a folder that are not left out, in the order of their names."""
    ignored = _ignored(folder)
    for at, folders, files in os.walk(folder):
        here = Path(at)
        inside = here.relative_to(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if name not in links and not ignored.match_file(f"{(inside / name).as_posix()}/")
        )
        for name in sorted([*files, *links]):
            if not ignored.match_file((inside / name).as_posix()):
                yield here / name


def _ignored(folder: Path) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    path = folder / IGNORE_FILE
    if not path.is_file():
        return GitIgnoreSpec.from_lines([".git"])
    return GitIgnoreSpec.from_lines(_lines(path, follow=True))


def _lines(path: Path, *, follow: bool) -> Iterator[str]:
    """Yield the patterns of a file, and in the place of `#!include:NAME` those of that file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CloudError(
            f"{path}: cannot be read, and names what is not uploaded: {error}"
        ) from error
    for line in lines:
        if follow and line.startswith(_INCLUDE):
            yield from _lines(path.parent / line.removeprefix(_INCLUDE), follow=False)
        else:
            yield line


def _clear_owner_and_time(member: tarfile.TarInfo) -> None:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = 0
    member.mode = 0o755 if member.mode & 0o100 else 0o644
