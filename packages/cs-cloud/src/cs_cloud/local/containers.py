"""Finds docker or podman, and says how they run a job's container as the person who is here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from cs_cloud.errors import CloudError

Choice = Literal["auto", "docker", "podman", "none"]

_ANSWERS_WITHIN = 20  # seconds


@dataclass(frozen=True)
class Engine:
    """What runs containers here."""

    name: Literal["docker", "podman"]
    program: str


@dataclass(frozen=True)
class Mount:
    """A file or folder of this machine, and where the container has it."""

    source: Path
    target: PurePosixPath
    read_only: bool = False


def find_engine(choice: Choice, tell: Callable[[str], None]) -> Engine | None:
    """Return what is to run containers, None for nothing.

    Args:
        choice: `auto` for docker or else podman, where one works.
        tell: is told of a docker or podman that is here but does not work.

    Raises:
        CloudError: the very one that is asked for is not here, or does not work.
    """
    for name in ("docker", "podman"):
        if choice not in (name, "auto"):
            continue
        program = shutil.which(name)
        trouble = trouble_of(program) if program else "it is not installed"
        if program and not trouble:
            return Engine(name, program)
        if choice == name:
            raise CloudError(f"{name} cannot run a container: {trouble}; mend that, or do without")
        if program:
            tell(f"{name} is left out, for it cannot run a container: {trouble}")
    return None


def run_command(
    engine: Engine,
    image: str,
    command: Iterable[str],
    arguments: Iterable[str],
    *,
    variables: Mapping[str, str],
    secrets: Iterable[str],
    mounts: Iterable[Mount],
    gpus: bool,
) -> list[str]:
    """Return the command that runs a container in the foreground and leaves nothing of it.

    Args:
        engine: what runs it.
        image: its image.
        command: in place of the image's entrypoint, if there is any.
        arguments: what the entrypoint, or the command, is given.
        variables: its variables, written out.
        secrets: names of variables whose values it is given from the environment of the engine's
            own process, since a command line is for all to see.
        mounts: what of this machine it sees.
        gpus: whether it is given the GPUs.
    """
    entrypoint, *more = [*command] or [""]
    words = [engine.program, "run", "--rm", "--init"]  # --init: signals end what handles none
    words += _as_this_person(engine)
    if gpus:
        words += (
            ["--gpus", "all"] if engine.name == "docker" else ["--device", "nvidia.com/gpu=all"]
        )
    for mount in mounts:
        words += ["--mount", _mount_option(mount)]
    for name, value in variables.items():
        words += ["--env", f"{name}={value}"]
    for name in secrets:
        words += ["--env", name]
    if entrypoint:
        words += ["--entrypoint", entrypoint]
    return [*words, image, *more, *arguments]


def trouble_of(program: str) -> str:
    """Return why docker, podman or buildah does not work, nothing if it does."""
    try:
        done = subprocess.run(  # noqa: S603  which found it
            [program, "info"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_ANSWERS_WITHIN,
            check=False,
        )
    except OSError as error:
        return error.strerror or type(error).__name__
    except subprocess.TimeoutExpired:
        return f"its engine does not answer within {_ANSWERS_WITHIN} s"
    if done.returncode == 0:
        return ""
    told = done.stderr.decode(errors="replace").strip().splitlines()
    return told[-1] if told else f"`{Path(program).name} info` exits with {done.returncode}"


def _as_this_person(engine: Engine) -> list[str]:
    """Return what lets the container's files belong to whoever started it."""
    if sys.platform == "win32":
        return []
    words = ["--user", f"{os.getuid()}:{os.getgid()}"]
    if engine.name == "podman":
        words += ["--security-opt", "label=disable"]  # SELinux would hide the mounts
        words += ["--userns", "keep-id"] if os.getuid() else []  # root has no other ids to keep
    return words


def _mount_option(mount: Mount) -> str:
    parts = ["type=bind", f"source={mount.source}", f"target={mount.target}"]
    parts += ["readonly"] if mount.read_only else []
    return ",".join(_as_csv(part) for part in parts)


def _as_csv(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if {",", '"'} & {*text} else text
