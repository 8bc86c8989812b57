"""The commit and data set of the folder that a job is submitted from, by git and DVC."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from cs_cloud.errors import CloudError


@dataclass(frozen=True)
class WorkingTree:
    """The state of a git checkout."""

    commit: str
    """Its commit; "" where there is no git, or no commit yet."""
    changed: int
    """Number of files that differ from the commit."""


def read_working_tree(folder: Path) -> WorkingTree:
    """Return the commit of a folder, and how many files were changed since."""
    try:
        commit = _git(folder, "rev-parse", "HEAD").strip()
        changed = len(_git(folder, "status", "--porcelain").splitlines())
    except (OSError, subprocess.SubprocessError):
        return WorkingTree("", 0)
    return WorkingTree(commit, changed)


def md5_of_dataset(root: Path, name: str) -> str | None:
    """Return the md5 that `data/raw/<name>.csv.dvc` names, None where there is no such file.

    Raises:
        CloudError: the file is not one of DVC's.
    """
    path = root / "data" / "raw" / f"{name}.csv.dvc"
    try:
        [out] = yaml.safe_load(path.read_text(encoding="utf-8"))["outs"]
        return str(out["md5"])
    except FileNotFoundError:
        return None
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise CloudError(f"{path}: is not a DVC file ({type(error).__name__})") from error


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(  # noqa: S603  fixed words
        ["git", *words],  # noqa: S607  git is on PATH
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout
