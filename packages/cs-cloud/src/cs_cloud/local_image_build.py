"""Builds a training image on this machine, with docker, podman or buildah, whichever works."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from cs_cloud.errors import CloudError
from cs_cloud.image_recipe import Recipe

_BUILDERS = {
    "docker": ("docker", "build"),
    "podman": ("podman", "build"),
    "buildah": ("buildah", "build", "--layers"),
}
_ANSWERS_WITHIN = 20  # seconds


def find_builder(tell: Callable[[str], None]) -> tuple[str, ...]:
    """Return how the command of a builder that works begins.

    Args:
        tell: is told of those that are here but do not work.

    Raises:
        CloudError: there is none.
    """
    for name, words in _BUILDERS.items():
        if program := shutil.which(name):
            if trouble := _trouble_of(program):
                tell(f"{name} is left out: {trouble}")
            else:
                return program, *words[1:]
    raise CloudError(
        f"none of {', '.join(_BUILDERS)} works on this machine; install or start one, or build in"
        " Cloud Build, without --local"
    )


def build_command(builder: tuple[str, ...], recipe: Recipe, root: Path) -> list[str]:
    """Return the command that builds an image from a folder."""
    return [
        *builder,
        f"--file={root / recipe.dockerfile}",
        f"--build-arg=COMMIT={recipe.commit or 'unknown'}",
        f"--build-arg=VERSION={recipe.version}",
        *(f"--tag={recipe.image}:{tag}" for tag in recipe.tags),
        str(root),
    ]


def _trouble_of(program: str) -> str:
    """Return why a builder does not work, nothing if it does."""
    try:
        done = subprocess.run(  # noqa: S603  which found it
            [program, "info"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=_ANSWERS_WITHIN,
            check=False,
        )
    except OSError as error:
        return error.strerror or type(error).__name__
    except subprocess.TimeoutExpired:
        return f"it does not answer within {_ANSWERS_WITHIN} s"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"its `info` exits with {done.returncode}"])[-1]
