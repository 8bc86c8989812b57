"""The version of its data set that a job brings along, whatever the image was built with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cs_cloud.google.vertex import EnvVar

FILE, CONTENT = "CS_DATASET_FILE", "CS_DATASET_VERSION"
"""Variables with the name and the content of a `.dvc` file, which the image's entrypoint puts into
the container's `data/raw/`."""


@dataclass(frozen=True)
class DatasetVersion:
    """One version of a data set, as its `.dvc` file names it."""

    file: str
    """Name of the `.dvc` file."""
    content: str
    md5: str
    size: int
    """Of the raw file, in bytes."""
    generation: str | None
    """Of the object in the bucket, where that keeps versions."""

    @property
    def variables(self) -> list[EnvVar]:
        """Variables of the container that hold it."""
        from cs_cloud.google.vertex import EnvVar

        return [EnvVar(name=FILE, value=self.file), EnvVar(name=CONTENT, value=self.content)]
