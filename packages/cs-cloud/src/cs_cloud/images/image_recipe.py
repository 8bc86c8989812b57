"""Which image is built for a device, from which dockerfile, and what it is tagged with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from cs_cloud.errors import CloudError
from cs_cloud.settings import Settings
from cs_cloud.working_tree import read_working_tree

IMAGES = {
    "cpu": ("train-cpu", "dockerfiles/train_cpu.dockerfile"),
    "gpu": ("train-cu128", "dockerfiles/train_cu128.dockerfile"),
}
"""Names and dockerfiles of the images, by device."""
DEVICES = tuple(IMAGES)
_DEVICES_BY_NAME = {name: device for device, (name, _) in IMAGES.items()}


def device_of(uri: str) -> str | None:
    """Return the device that an image is for, going by its name; None if it is none of ours."""
    name = uri.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return _DEVICES_BY_NAME.get(name)


@dataclass(frozen=True)
class Recipe:
    """What an image is built from, and what it is called."""

    device: str
    name: str
    image: str
    """HOST/PROJECT/REPOSITORY/NAME, without a tag."""
    dockerfile: str
    """Its path in the folder that is built."""
    commit: str
    """The commit, with `-dirty` behind it if files were changed since; "" without git."""
    changed: int
    """How many files were changed since."""
    version: str

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the image."""
        return ("latest", self.commit) if self.commit else ("latest",)


def read_recipe(device: str, root: Path, settings: Settings) -> Recipe:
    """Return the recipe for one of DEVICES.

    Raises:
        CloudError: the repository's folder, `root`, does not hold what the image is built from.
    """
    name, dockerfile = IMAGES[device]
    if not (root / dockerfile).is_file():
        raise CloudError(f"{root / dockerfile}: is missing, and {name} is built from it")
    tree = read_working_tree(root)
    registry = f"{settings.region}-docker.pkg.dev/{settings.project}/{settings.registry}"
    return Recipe(
        device=device,
        name=name,
        image=f"{registry}/{name}",
        dockerfile=dockerfile,
        commit=f"{tree.commit}-dirty" if tree.commit and tree.changed else tree.commit,
        changed=tree.changed,
        version=_version(root / "packages" / "cs-train" / "pyproject.toml"),
    )


def _version(pyproject: Path) -> str:
    try:
        return str(tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError) as error:
        raise CloudError(f"{pyproject}: names no version of the image ({error})") from error
