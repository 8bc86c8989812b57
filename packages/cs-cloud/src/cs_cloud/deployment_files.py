"""Read a file of `.gcp/` as strictly as it can be read without the cloud."""

from __future__ import annotations

import re
from pathlib import Path

from cs_cloud.jobs.job_file import read_job_file
from cs_cloud.jobs.targets import PREFIX
from cs_cloud.settings import Settings
from cs_cloud.settings_file import SETTINGS_FILE
from cs_cloud.strict_yaml.messages import locate_message, locate_messages

_SUBSTITUTION = re.compile(r"(?<!\$)\$\{?(_[A-Z0-9_]+)")


def check_file(path: Path, settings: Settings) -> None:
    """Check a file: `config_*.yaml` are jobs and `trigger_*.yaml` triggers, the others are builds.

    Raises:
        CloudError: something in it is wrong.
    """
    if path.name == SETTINGS_FILE.name:  # was read to make the settings
        return
    if path.name.startswith(PREFIX):
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
