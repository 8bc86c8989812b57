"""Checks of this machine: the programs and packages that the commands call."""

from __future__ import annotations

import shutil
from importlib import import_module

from cs_cloud.checks.result import Check, NotCheckedError, Probe, run_checks
from cs_cloud.local.programs import ask

# What shows that an engine is there, and not only a client of one.
_ENGINES = {
    "docker": ("info", "--format", "{{.ServerVersion}}"),
    "podman": ("info", "--format", "{{.Version.Version}}"),
    "buildah": ("--version",),
}


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
    version, _ = ask("git", "--version")
    if version:
        return version.removeprefix("git version ")
    raise NotCheckedError(
        "is not here, so no job can record the commit that it was made from",
        "https://git-scm.com/downloads",
    )


def _check_gcloud() -> str:
    if path := shutil.which("gcloud"):
        return path  # asking it takes a second, and only the fixes that are shown need it
    raise NotCheckedError(
        "is not here: only the commands that fix something need it",
        "https://cloud.google.com/sdk/docs/install",
    )


def _check_engine() -> str:
    answers = {name: ask(name, *words)[0] for name, words in _ENGINES.items()}
    if any(answers.values()):
        return ", ".join(f"{name} ({answer})" for name, answer in answers.items() if answer)
    there = [name for name in _ENGINES if shutil.which(name)]
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
