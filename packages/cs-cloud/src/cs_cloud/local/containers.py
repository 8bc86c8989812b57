"""Find docker or podman, and make the command that runs a job's container as this person."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Literal

from cs_cloud.errors import CloudError
from cs_cloud.local.programs import find_working, trouble_of

if TYPE_CHECKING:
    from cs_cloud.google.vertex import ContainerSpec

Choice = Literal["auto", "docker", "podman", "none"]

FOLDER_INSIDE = PurePosixPath("/job")
"""Where the container has the job's folder."""
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"
_CREDENTIALS_INSIDE = PurePosixPath("/credentials.json")


def find_engine(choice: Choice, report: Callable[[str], None]) -> str | None:
    """Return the path of the program that is to run containers, None for nothing.

    `auto` is docker or else podman, where one works; what does not work is reported.

    Raises:
        CloudError: the one that is chosen is not installed, or does not work.
    """
    if choice in ("auto", "none"):
        return find_working(("docker", "podman"), report) if choice == "auto" else None
    program = shutil.which(choice)
    trouble = trouble_of(program) if program else "it is not installed"
    if trouble:
        raise CloudError(f"{choice} cannot run a container: {trouble}; fix that, or do without")
    return program


def container_command(
    program: str,
    spec: ContainerSpec,
    folder: Path,
    variables: Mapping[str, str],
    secrets: Iterable[str],
    *,
    gpus: bool,
) -> list[str]:
    """Return the docker or podman command that runs a job's container and leaves nothing of it.

    The container has `folder` as FOLDER_INSIDE. It gets the values of the variables that are named
    in `secrets` from the engine's own environment, since a command line is for all to see.
    """
    docker = Path(program).stem == "docker"
    inside = {"HOME": "/tmp"}  # noqa: S108  a place that whoever runs in the container can write
    words = [program, "run", "--rm", "--init"]  # --init: signals end what handles none
    words += _as_this_person(docker=docker)
    if gpus:
        words += ["--gpus", "all"] if docker else ["--device", "nvidia.com/gpu=all"]
    else:
        inside["CS_NEEDS_GPU"] = ""  # an image for GPUs would not start
    words += ["--mount", _mount(folder, FOLDER_INSIDE)]
    if credentials := _credentials_file(os.environ):
        words += ["--mount", _mount(credentials, _CREDENTIALS_INSIDE, "readonly")]
        inside[_CREDENTIALS] = str(_CREDENTIALS_INSIDE)
    for name, value in {**inside, **variables}.items():
        words += ["--env", f"{name}={value}"]
    for name in secrets:
        words += ["--env", name]
    entrypoint, *more = [*spec.command] or [""]
    if entrypoint:
        words += ["--entrypoint", entrypoint]
    return [*words, spec.image_uri, *more, *spec.args]


def _as_this_person(*, docker: bool) -> list[str]:
    """Return what lets the container's files belong to whoever started it."""
    if sys.platform == "win32":
        return []
    words = ["--user", f"{os.getuid()}:{os.getgid()}"]
    if not docker:
        words += ["--security-opt", "label=disable"]  # SELinux would hide the mounts
        words += ["--userns", "keep-id"] if os.getuid() else []  # root has no other ids to keep
    return words


def _mount(source: Path, target: PurePath, *more: str) -> str:
    parts = ["type=bind", f"source={source}", f"target={target}", *more]
    return ",".join(_as_csv(part) for part in parts)


def _as_csv(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if {",", '"'} & {*text} else text


def _credentials_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file of the credentials for fetching data, None if they are in no file."""
    configuration = environ.get("CLOUDSDK_CONFIG") or "~/.config/gcloud"
    default = Path(configuration, "application_default_credentials.json")
    try:
        path = Path(environ.get(_CREDENTIALS) or default.expanduser()).absolute()
    except RuntimeError:  # there is no home folder
        return None
    return path if path.is_file() else None
