"""Find the files of `.gcp/`, and read them as strictly as it can be done without the cloud."""

from __future__ import annotations

import re
from pathlib import Path

from cs_cloud.errors import CloudError, nearest
from cs_cloud.jobs.job_file import read_job_file
from cs_cloud.settings import Settings
from cs_cloud.settings_file import SETTINGS_FILE, deployment_folder
from cs_cloud.strict_yaml.messages import locate_message, locate_messages

_JOB_PREFIX = "config_"
_SUBSTITUTION = re.compile(r"(?<!\$)\$\{?(_[A-Z0-9_]+)")


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
    path = folder / f"{_JOB_PREFIX}{target}.yaml"
    if path.is_file():
        return path
    known = [name_of(path) for path in job_files(folder)]
    hint = nearest(target, known, f"there are {', '.join(known) or 'none'}")
    raise CloudError(f"{target}: there is no target of that name ({path}); {hint}")


def job_files(folder: Path) -> list[Path]:
    """Return the job files in a folder, in the order of their names."""
    return sorted(folder.glob(f"{_JOB_PREFIX}*.yaml"))


def name_of(path: Path) -> str:
    """Return the target that a job file is for, or the file's own name if it is for none."""
    return path.stem.removeprefix(_JOB_PREFIX)


def check_file(path: Path, settings: Settings) -> None:
    """Check a file: `config_*.yaml` are jobs and `trigger_*.yaml` triggers, the others are builds.

    Raises:
        CloudError: something in it is wrong.
    """
    if path.name == SETTINGS_FILE.name:  # was read to make the settings
        return
    if path.name.startswith(_JOB_PREFIX):
        read_job_file(path, settings)
    elif path.name.startswith("trigger_"):
        _check_triggers(path)
    else:
        _check_build(path, settings)


def _check_triggers(path: Path) -> None:
    from google.cloud.devtools.cloudbuild_v1.types import BuildTrigger

    root = path.resolve().parent.parent
    for located in locate_messages(path, BuildTrigger):
        trigger = located.message
        if trigger.filename and not (root / trigger.filename).is_file():
            text = f"the trigger {trigger.name} builds {trigger.filename}, which is not there"
            raise located.fault("filename", text, named=True)


def _check_build(path: Path, settings: Settings) -> None:
    from google.cloud.devtools.cloudbuild_v1.types import Build

    located = locate_message(path, Build)
    build = located.message
    if not build.steps:
        raise located.fault("steps", "is missing; a build needs at least one step")
    text = Build.to_json(Build(steps=build.steps, images=build.images))
    for name in _SUBSTITUTION.findall(text):
        if name not in build.substitutions:
            raise located.fault("substitutions", f"lacks {name}, which the build uses")
    for name, wanted in (("_REGION", settings.region), ("_REGISTRY", settings.registry)):
        if (found := build.substitutions.get(name, wanted)) != wanted:
            text = f"is {found}, but the settings say {wanted}"
            raise located.fault(f"substitutions.{name}", text)
    host = f"{settings.region}-docker.pkg.dev/"
    for index, image in enumerate(build.images):
        if not image.startswith((host, "$")):
            raise located.fault(f"images[{index}]", f"must begin with {host}, as the settings say")
