"""Finds the job file that a person means by a target: `.gcp/config_<target>.yaml`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from cs_cloud.errors import CloudError
from cs_cloud.settings_file import SETTINGS_FILE, find_settings_file

_PREFIX = "config_"


def find_target(target: str, settings_file: Path | None = None) -> Path:
    """Return the job file of a target, which may also be the path of one.

    Args:
        target: `gpu`, `cpu`, or whichever files there are; or a path that ends in .yaml.
        settings_file: beside which the job files lie; None for the nearest `.gcp/settings.yaml`.

    Raises:
        CloudError: there is no such file.
    """
    if target.endswith((".yaml", ".yml")):
        if not Path(target).is_file():
            raise CloudError(f"{target}: there is no such file; give a job file's path or a target")
        return Path(target)
    folder = folder_of_targets(settings_file)
    path = folder / f"{_PREFIX}{target}.yaml"
    if path.is_file():
        return path
    known = targets(folder)
    near = get_close_matches(target, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
    raise CloudError(f"{target}: there is no target of that name ({path}); {hint}")


def targets(folder: Path) -> list[str]:
    """Return the names of the targets in a folder."""
    found = folder.glob(f"{_PREFIX}*.yaml")
    return sorted(path.stem.removeprefix(_PREFIX) for path in found)


def folder_of_targets(settings_file: Path | None = None) -> Path:
    """Return the folder that job files lie in.

    Raises:
        CloudError: no settings file is named, and none is near.
    """
    file = settings_file or find_settings_file(Path.cwd())
    if file is None:
        raise CloudError(
            f"no {SETTINGS_FILE.as_posix()} in {Path.cwd()} or a folder above it; run this inside"
            " the repository, or name the file with --settings"
        )
    return file.parent
