"""Find the job file that a person means by a target: `.gcp/config_<target>.yaml`."""

from __future__ import annotations

from pathlib import Path

from cs_cloud.errors import CloudError, nearest
from cs_cloud.settings_file import deployment_folder

PREFIX = "config_"
"""What the names of job files begin with."""


def find_target(target: str, settings_file: Path | None = None) -> Path:
    """Return the job file of a target such as `gpu`, or of a path that ends in .yaml.

    Job files lie beside the settings file; None for the nearest `.gcp/settings.yaml`.

    Raises:
        CloudError: there is no such file.
    """
    if target.endswith((".yaml", ".yml")):
        if not Path(target).is_file():
            raise CloudError(f"{target}: there is no such file; give a job file's path or a target")
        return Path(target)
    folder = deployment_folder(settings_file)
    path = folder / f"{PREFIX}{target}.yaml"
    if path.is_file():
        return path
    known = [name_of(path) for path in job_files(folder)]
    hint = nearest(target, known, f"there are {', '.join(known) or 'none'}")
    raise CloudError(f"{target}: there is no target of that name ({path}); {hint}")


def job_files(folder: Path) -> list[Path]:
    """Return the job files in a folder, in the order of their names."""
    return sorted(folder.glob(f"{PREFIX}*.yaml"))


def name_of(path: Path) -> str:
    """Return the target that a job file is for, or the file's own name if it is for none."""
    return path.stem.removeprefix(PREFIX)
