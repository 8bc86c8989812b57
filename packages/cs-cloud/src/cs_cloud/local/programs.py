"""Find the programs of this machine that work, such as docker."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path


def find_working(names: Iterable[str], report: Callable[[str], None]) -> str | None:
    """Return the path of the first of docker, podman or buildah that works, None if none does.

    Those that are installed but do not work are reported.
    """
    for name in names:
        if program := shutil.which(name):
            if not (trouble := trouble_of(program)):
                return program
            report(f"{name} is skipped, because it does not work: {trouble}")
    return None


def trouble_of(program: str) -> str:
    """Return why docker, podman or buildah does not work, "" if it does."""
    return ask(program, "info")[1]


def ask(program: str, *words: str, timeout: float = 20) -> tuple[str, str]:
    """Run a program; return the first line that it prints, and why it failed ("" if it did not)."""
    try:
        done = subprocess.run(  # noqa: S603  fixed words
            [program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        return "", error.strerror or type(error).__name__
    except subprocess.TimeoutExpired:
        return "", f"it does not answer within {timeout:g} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        command = " ".join([Path(program).name, *words])
        return "", lines[-1] if lines else f"`{command}` exits with {done.returncode}"
    return done.stdout.strip().partition("\n")[0], ""
