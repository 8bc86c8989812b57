"""Checks of this machine: the programs and packages that the commands call."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from importlib import import_module

from cs_cloud.checks.check import Check, NotCheckedError, Probe, run_checks

# What tells that an engine is there, and not only a client of one.
_ENGINES = (
    ("docker", ("info", "--format", "{{.ServerVersion}}")),
    ("podman", ("info", "--format", "{{.Version.Version}}")),
    ("buildah", ("--version",)),
)


def check_this_machine(deadline: float = 10) -> tuple[Check, ...]:
    """Check what this machine has; nothing fails, for cloud jobs can do without all of it."""
    probes: tuple[tuple[str, Probe], ...] = (
        ("git", _check_git),
        ("gcloud", _check_gcloud),
        ("container engine", _check_engine),
        ("cs-train", _check_training),
    )
    return run_checks(probes, deadline)


def _check_git() -> str:
    if told := _answer("git", ("--version",)):
        return told.removeprefix("git version ")
    raise NotCheckedError(
        "is not here, so no job can tell which commit it was made of",
        "https://git-scm.com/downloads",
    )


def _check_gcloud() -> str:
    if path := shutil.which("gcloud"):
        return path  # asking it takes a second, and nothing needs it but the fixes
    raise NotCheckedError(
        "is not here: only the commands that mend something need it",
        "https://cloud.google.com/sdk/docs/install",
    )


def _check_engine() -> str:
    answers = {name: _answer(name, words) for name, words in _ENGINES}
    if any(answers.values()):
        return ", ".join(f"{name} ({answer})" for name, answer in answers.items() if answer)
    there = [name for name, _ in _ENGINES if shutil.which(name)]
    state = f"{there[0]} is here, but its engine does not answer" if there else "none is here"
    raise NotCheckedError(f"{state}: only what runs here needs one")


def _check_training() -> str:
    try:
        import_module("cs_train.config")
    except ImportError as error:
        raise NotCheckedError(
            f"cannot be imported ({error}): cs-cloud submit needs it to check experiments",
            "pip install 'cs-cloud[train]'",
        ) from error
    return "is here, so that experiments are checked before they are sent"


def _answer(program: str, words: Sequence[str]) -> str:
    """Return the first line that a program prints, "" if it is not there or fails."""
    try:
        done = subprocess.run(  # noqa: S603  fixed words
            [program, *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().partition("\n")[0]
