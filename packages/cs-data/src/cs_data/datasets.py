"""Data sets by name: made, found or prepared once, and used again while nothing changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cs_data.errors import DataError
from cs_data.preparing.manifest import Splits
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.preparation import prepare
from cs_data.remote.pull import JOBS, md5_of, pull_raw
from cs_data.tracked_file import VERSIONED, TrackedFile

_NAMES = ("sample", *VERSIONED, "custom")
_DEFAULT_OPTIONS = PrepareOptions()


def fetch(
    name: str,
    *,
    path: Path | None = None,
    options: PrepareOptions = _DEFAULT_OPTIONS,
    data_dir: Path = Path("data"),
    jobs: int = JOBS,
) -> Splits:
    """Give the prepared splits of a data set; prepare them if the raw file or options are new.

    Where `<data_dir>/raw/<name>.csv.dvc` says which bytes the raw file is to have, it is fetched
    from the DVC remote if it is not there. Several processes may do this at once.

    Args:
        name: `sample` (made here, needs nothing), `small`, `medium` or `full` (the public data,
            as `<data_dir>/raw/<name>.csv`), or `custom` (your own file).
        path: the CSV file of `custom`.
        options: how to prepare.
        data_dir: holds `raw/` and `prepared/`.
        jobs: how many parts of a raw file are fetched at once.

    Raises:
        DataError: there is no such data set, or its file cannot be had or used.
    """
    if name not in _NAMES:
        raise DataError(f"there is no data set {name!r}: choose from {', '.join(_NAMES)}")
    if (path is not None) != (name == "custom"):
        raise DataError(
            "data set 'custom' needs the path of your CSV file"
            if name == "custom"
            else f"data set {name!r} takes no path: choose 'custom' to use {path}"
        )
    raw = Path(path) if path is not None else Path(data_dir) / "raw" / f"{name}.csv"
    if name == "sample" and not raw.exists():
        _make_sample(raw)
    tracked = TrackedFile.beside(raw) if name in VERSIONED else None
    md5 = md5_of(raw)
    if tracked is not None and tracked.md5 != md5:
        pull_raw(tracked, jobs=jobs)
        md5 = tracked.md5
    if md5 is None:
        raise DataError(
            f"data set {name!r} is not here: put its CSV file at {raw}"
            if name in VERSIONED
            else f"{raw}: there is no such file"
        )
    folder = Path(data_dir) / "prepared" / _folder_name(name, md5, options)
    try:
        splits = Splits.load(folder)
    except DataError:
        pass
    else:
        manifest = splits.manifest
        if (manifest.raw.md5, manifest.options) == (md5, options):
            return replace(splits, tracked=tracked)
    return replace(prepare(raw, folder, options, name=name), tracked=tracked)


def _make_sample(raw: Path) -> None:
    from cs_data.sample import make_sample

    raw.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own, since another process may be doing the same.
    with TemporaryDirectory(dir=raw.parent, prefix=".") as folder:
        made = Path(folder) / raw.name
        make_sample(made)
        made.replace(raw)


def _folder_name(name: str, md5: str, options: PrepareOptions) -> str:
    if name == "custom":
        both = hashlib.blake2b(f"{md5} {options.fingerprint()}".encode(), digest_size=4)
        return f"custom-{both.hexdigest()}"
    return name if options == _DEFAULT_OPTIONS else f"{name}-{options.fingerprint()}"
