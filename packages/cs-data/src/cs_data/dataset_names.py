"""The names that data sets have, and where the raw file of each is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cs_data.errors import DataError

SAMPLE, CUSTOM = "sample", "custom"
"""The generated data set, and the one that is a file anywhere."""
PUBLIC = {
    "small": "dataset-tickets-multi-lang3-4k.csv",
    "medium": "dataset-tickets-multi-lang-4-20k.csv",
    "full": "aa_dataset-tickets-multi-lang-5-2-50-version.csv",
}
"""Data sets that are there for everybody, and their files upstream."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")  # a job's label holds no more and nothing else
# The last ones are values, not names, on the command line of cs-train.
_RESERVED = (SAMPLE, CUSTOM, "null", "true", "false", "nan", "inf")
# The format is kept in the name of the raw file, for the reader; all others are text, as .csv is.
_SUFFIX = re.compile(r"\.(?:csv|json|jsonl|ndjson)(?:\.(?:gz|zip))?|\.(?:xlsx|parquet)")


def is_name(text: str) -> bool:
    """Return whether a data set with a raw file of its own can be called so."""
    return text not in _RESERVED and bool(_NAME.fullmatch(text))


def check_name(name: str) -> None:
    """Check that a data set with a raw file of its own can be called so.

    Raises:
        DataError: it cannot.
    """
    if name in _RESERVED:
        raise DataError(f"{name!r} cannot be the name of a data set of your own: it is reserved")
    if not is_name(name):
        raise DataError(
            "the name of a data set must be 1 to 63 lower-case letters, digits, - and _, beginning "
            f"with a letter, got {name!r}"
        )


def find_raw(name: str, data_dir: Path) -> Path:
    """Return where the raw file of a data set is, or `raw/NAME.csv` if there is none.

    A file with a `.dvc` file beside it goes before one without; it need not be here itself.

    Raises:
        DataError: the name is none, or has several raw files.
    """
    check_name(name)
    folder = data_dir / "raw"
    tracked = {path.with_suffix("") for path in folder.glob(f"{name}.*.dvc")}
    found = sorted(path for path in tracked or folder.glob(f"{name}.*") if _belongs(path, name))
    if len(found) > 1:
        raise DataError(
            f"data set {name!r} has several raw files, {found[0]} and {found[1]}: keep one of them"
        )
    return found[0] if found else folder / f"{name}.csv"


def place_export(name: str, data_dir: Path, export: Path) -> Path:
    """Return where an export becomes the raw file of a data set: its format stays in the name.

    Raises:
        DataError: the name is none, or is tracked with another format.
    """
    present = find_raw(name, data_dir)
    suffix = "".join(export.suffixes[-2:]).lower()
    if not _SUFFIX.fullmatch(suffix):
        suffix = export.suffix.lower()
    place = data_dir / "raw" / f"{name}{suffix if _SUFFIX.fullmatch(suffix) else '.csv'}"
    if present != place and present.with_name(f"{present.name}.dvc").exists():
        raise DataError(
            f"data set {name!r} is {present.name}, and {export} would make it {place.name}: give "
            f"the export another name, or remove {present}.dvc from git first"
        )
    return place


def names_in(data_dir: Path) -> list[str]:
    """Return the names of the data sets that have a raw file, or a `.dvc` file for one."""
    return sorted(set(_names(data_dir / "raw")))


def _names(folder: Path) -> Iterator[str]:
    for path in folder.glob("*.*"):
        name = path.name.partition(".")[0]
        if is_name(name) and _belongs(Path(path.name.removesuffix(".dvc")), name):
            yield name


def _belongs(path: Path, name: str) -> bool:
    return bool(_SUFFIX.fullmatch(path.name.removeprefix(name)))
