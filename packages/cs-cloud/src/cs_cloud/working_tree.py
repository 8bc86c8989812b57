"""The commit of the folder that a job is submitted from, and what was changed since another."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


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


def has_same_code(folder: Path, commits: Iterable[str]) -> bool:
    """Return whether the commit of a folder differs from one of others by data sets alone.

    A job brings its data set along, so that an image of such a commit is as good as a new one.
    """
    return any(_differs_by_data_alone(folder, commit) for commit in commits)


def _differs_by_data_alone(folder: Path, commit: str) -> bool:
    paths = (".", ":(exclude,glob)data/raw/*.dvc")
    try:
        _git(folder, "diff", "--quiet", commit, "HEAD", "--", *paths)
    except (OSError, subprocess.SubprocessError):  # they differ, or the commit is not here
        return False
    return True


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(  # noqa: S603  fixed words
        ["git", *words],  # noqa: S607  git is on PATH
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout
