"""Data sets by name: prepared once, and used again while neither raw file nor options change."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import replace
from pathlib import Path

from cs_data.checksums import md5_of
from cs_data.dataset_names import CUSTOM, PUBLIC, SAMPLE, find_raw, names_in
from cs_data.errors import DataError
from cs_data.preparing.manifest import Splits
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.preparation import prepare
from cs_data.preparing.rejection_limit import refuse_many_rejected
from cs_data.remote.pull import JOBS, pull_raw
from cs_data.tracked_file import TrackedFile


def fetch(
    name: str,
    *,
    path: Path | None = None,
    options: PrepareOptions | None = None,
    data_dir: Path = Path("data"),
    jobs: int = JOBS,
) -> Splits:
    """Return the prepared splits of a data set; prepare them if the raw file or options are new.

    Where `<data_dir>/raw/<name>.csv.dvc` says which bytes the raw file is to have, it is fetched
    from the DVC remote if it is not there. Several processes may do this at once.

    Args:
        name: `sample` (generated, needs nothing), `custom` (any file), or a data set whose raw file
            or `.dvc` file is in `<data_dir>/raw`.
        path: the CSV file of `custom`.
        options: how to prepare; None: as the data set was published.
        data_dir: holds `raw/` and `prepared/`.
        jobs: number of parts of a raw file to fetch at once.

    Raises:
        DataError: there is no such data set, or its file cannot be fetched or used.
    """
    if (path is not None) != (name == CUSTOM):
        raise DataError(
            "data set 'custom' needs the path of your CSV file"
            if name == CUSTOM
            else f"data set {name!r} takes no path: choose 'custom' to use {path}"
        )
    data_dir, tracked = Path(data_dir), None
    if path is not None:
        raw = Path(path)
    elif name == SAMPLE:
        raw = _sample_in(data_dir)
    else:
        raw = find_raw(name, data_dir)
        tracked = TrackedFile.beside(raw)
    usual = PrepareOptions.published(tracked)
    options = usual if options is None else options
    md5 = md5_of(raw)
    if tracked is not None and tracked.md5 != md5:
        pull_raw(tracked, jobs=jobs)
        md5 = tracked.md5
    if md5 is None:
        raise DataError(f"{raw}: there is no such file" if path else _absent(name, raw, data_dir))
    folder = data_dir / "prepared" / _folder_name(name, md5, options, usual)
    try:
        splits = Splits.load(folder)
    except DataError:
        pass
    else:
        if (splits.manifest.raw.md5, splits.manifest.options) == (md5, options):
            refuse_many_rejected(raw, splits.manifest, options.max_rejected)
            return replace(splits, tracked=tracked)
    return replace(prepare(raw, folder, options, name=name), tracked=tracked)


def _sample_in(data_dir: Path) -> Path:
    raw = data_dir / "raw" / f"{SAMPLE}.csv"
    if not raw.exists():
        from cs_data.sample import make_sample

        raw.parent.mkdir(parents=True, exist_ok=True)
        make_sample(raw)
    return raw


def _absent(name: str, raw: Path, data_dir: Path) -> str:
    if name in PUBLIC:
        return f"data set {name!r} is not here: put its CSV file at {raw}"
    there = (SAMPLE, *names_in(data_dir))
    near = difflib.get_close_matches(name, there, n=1)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return (
        f"there is no data set {name!r}: {guess}choose from {', '.join(there)}, or make it one "
        f"with cs-data publish {name} FILE, or by a file at {raw}"
    )


def _folder_name(name: str, md5: str, options: PrepareOptions, usual: PrepareOptions) -> str:
    if name == CUSTOM:
        both = hashlib.blake2b(f"{md5} {options.fingerprint()}".encode(), digest_size=4)
        return f"custom-{both.hexdigest()}"
    return name if options == usual else f"{name}-{options.fingerprint()}"
