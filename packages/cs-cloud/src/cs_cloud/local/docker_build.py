"""Build a training image on this machine, with docker, podman or buildah, whichever works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cs_cloud.errors import CloudError
from cs_cloud.images.image_recipe import Recipe
from cs_cloud.local.programs import find_working

_BUILDERS = ("docker", "podman", "buildah")


def build_command(recipe: Recipe, root: Path, report: Callable[[str], None]) -> list[str]:
    """Return the command that builds an image from a folder.

    Raises:
        CloudError: no builder works.
    """
    program = find_working(_BUILDERS, report)
    if program is None:
        raise CloudError(
            f"none of {', '.join(_BUILDERS)} works on this machine; install or start one, or build"
            " in Cloud Build, without --local"
        )
    # the others keep unasked what need not be rebuilt
    layers = ["--layers"] if Path(program).stem == "buildah" else []
    return [
        program,
        "build",
        *layers,
        f"--file={root / recipe.dockerfile}",
        f"--build-arg=COMMIT={recipe.commit or 'unknown'}",
        f"--build-arg=VERSION={recipe.version}",
        *(f"--tag={recipe.image}:{tag}" for tag in recipe.tags),
        str(root),
    ]
