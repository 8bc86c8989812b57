"""Open a version of a data set: a file, a prepared folder, or what a git commit names."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cs_data.dataset_names import find_raw, is_name
from cs_data.datasets import fetch
from cs_data.errors import DataError
from cs_data.preparing.manifest import MANIFEST, Splits
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.preparation import prepare
from cs_data.remote.pull import JOBS, pull_copy
from cs_data.tracked_file import TrackedFile, dvc_file_of


@contextmanager
def open_version(
    text: str, options: PrepareOptions, *, data_dir: Path, jobs: int = JOBS
) -> Iterator[Splits]:
    """Yield the splits of a version, which exist while the block runs.

    Args:
        text: a CSV file, a folder that `prepare` made or its manifest, or the name of a versioned
            data set, alone or as NAME@REVISION with any revision that git knows.
        options: how to prepare what is not prepared yet.
        data_dir: holds `raw/` and `prepared/`.
        jobs: number of parts of a raw file to fetch at once.

    Raises:
        DataError: there is no such version, or it cannot be fetched or prepared.
    """
    path = Path(text)
    name, at, revision = text.partition("@")
    if path.is_dir() or path.name == MANIFEST:
        yield Splits.load(path if path.is_dir() else path.parent)
    elif not path.exists() and is_name(text):
        yield fetch(text, options=options, data_dir=data_dir, jobs=jobs)
    elif not path.exists() and at and is_name(name):
        with TemporaryDirectory() as folder:
            tracked = _tracked_at(revision, find_raw(name, data_dir))
            raw = Path(folder) / tracked.path.name
            pull_copy(tracked, raw, jobs=jobs)
            yield prepare(raw, Path(folder) / "prepared", options, name=text)
    else:
        with TemporaryDirectory() as folder:
            yield prepare(path, Path(folder) / "prepared", options)


def _tracked_at(revision: str, raw: Path) -> TrackedFile:
    """Return the version that the `.dvc` file of a raw file named at a revision."""
    file = dvc_file_of(raw)
    place = f"{revision}:./{file.name}"
    try:
        shown = subprocess.run(  # noqa: S603 - a revision is no option: it stands behind --end-of-options
            ["git", "show", "--end-of-options", place],  # noqa: S607 - git is where PATH says
            check=False, cwd=file.parent, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise DataError(f"{file} at {revision}: git or {file.parent} is not here") from None
    if shown.returncode:
        message = " ".join(shown.stderr.decode(errors="replace").split()).removeprefix("fatal: ")
        raise DataError(
            f"{file} at {revision}: {message.rstrip('.')}; git log {file} lists the commits that "
            "have a version of it"
        )
    return TrackedFile.parse(shown.stdout, raw, f"{file} at {revision}")
