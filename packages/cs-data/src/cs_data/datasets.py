"""Data sets by name: prepared once, and used again while neither raw file nor options change."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from cs_data.checksums import md5_of
from cs_data.errors import DataError
from cs_data.preparing.manifest import Splits
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.preparation import prepare
from cs_data.preparing.rejection_limit import refuse_many_rejected
from cs_data.remote.pull import JOBS, pull_raw
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
    """Return the prepared splits of a data set; prepare them if the raw file or options are new.

    Where `<data_dir>/raw/<name>.csv.dvc` says which bytes the raw file is to have, it is fetched
    from the DVC remote if it is not there. Several processes may do this at once.

    Args:
        name: `sample` (generated, needs nothing), `small`, `medium` or `full` (the public data,
            as `<data_dir>/raw/<name>.csv`), or `custom` (your own file).
        path: the CSV file of `custom`.
        options: how to prepare.
        data_dir: holds `raw/` and `prepared/`.
        jobs: number of parts of a raw file to fetch at once.

    Raises:
        DataError: there is no such data set, or its file cannot be fetched or used.
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
        from cs_data.sample import make_sample

        raw.parent.mkdir(parents=True, exist_ok=True)
        make_sample(raw)
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
        if (splits.manifest.raw.md5, splits.manifest.options) == (md5, options):
            refuse_many_rejected(raw, splits.manifest, options.max_rejected)
            return replace(splits, tracked=tracked)
    return replace(prepare(raw, folder, options, name=name), tracked=tracked)


def _folder_name(name: str, md5: str, options: PrepareOptions) -> str:
    if name == "custom":
        both = hashlib.blake2b(f"{md5} {options.fingerprint()}".encode(), digest_size=4)
        return f"custom-{both.hexdigest()}"
    return name if options == _DEFAULT_OPTIONS else f"{name}-{options.fingerprint()}"
