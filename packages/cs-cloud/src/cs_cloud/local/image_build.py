"""Builds a training image on this machine, with docker, podman or buildah, whichever works."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from cs_cloud.errors import CloudError
from cs_cloud.images.image_recipe import Recipe
from cs_cloud.local.containers import trouble_of

_BUILDERS = {
    "docker": ("build",),
    "podman": ("build",),
    "buildah": ("build", "--layers"),  # which the others do unasked: keep what need not be rebuilt
}


def find_builder(tell: Callable[[str], None]) -> tuple[str, ...]:
    """Return how the command of a builder that works begins.

    Args:
        tell: is told of those that are here but do not work.

    Raises:
        CloudError: there is none.
    """
    for name, words in _BUILDERS.items():
        if program := shutil.which(name):
            if trouble := trouble_of(program):
                tell(f"{name} is left out: {trouble}")
            else:
                return program, *words
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
