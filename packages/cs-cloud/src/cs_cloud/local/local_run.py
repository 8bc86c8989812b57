"""Run a training job on this machine as Vertex AI would: the same arguments, the same variables.

It runs in the job's container where docker or podman works, else by the cs-train of this Python.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from types import FrameType
from typing import TYPE_CHECKING

from cs_cloud.errors import CloudError
from cs_cloud.google.clients import Clients
from cs_cloud.jobs.needs import needs_of_job
from cs_cloud.local.containers import FOLDER_INSIDE, Choice, container_command, find_engine

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec

# What Vertex AI sets where a job has a folder for its output, and the folders below that one.
_OUTPUT = {
    "AIP_MODEL_DIR": "model",
    "AIP_CHECKPOINT_DIR": "checkpoints",
    "AIP_TENSORBOARD_LOG_DIR": "logs",
}
_ENGINE_FAILED = 125
# Whoever sends these to this process means the job.
_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


def run_local(
    job: CustomJobSpec,
    folder: Path,
    report: Callable[[str], None],
    *,
    container: Choice = "auto",
) -> int:
    """Run a job here, in the foreground, and return its exit status.

    A variable that names a secret gets the value of the person's own variable of that name, or else
    the secret, or else, where there are no credentials to read it with, is not set.

    Args:
        job: the job.
        folder: its output folder; it is made.
        report: gets a line for each thing that is not as in the cloud.
        container: `auto` for docker or podman, whichever works; `none` for cs-train without one.

    Raises:
        CloudError: there is nothing to run it with.
    """
    needs, spec = needs_of_job(job), job.worker_pool_specs[0].container_spec
    gpus = needs.device == "gpu"
    if gpus and not shutil.which("nvidia-smi"):
        report("the job asks for a GPU, and there is none here (no nvidia-smi): it runs on the CPU")
        gpus = False
    engine = find_engine(container, report)
    folder = folder.absolute()
    secrets = _secrets(needs.secrets, os.environ, report)
    environ = {**os.environ, **secrets}
    if engine:
        variables = {**_output_variables(FOLDER_INSIDE), **needs.variables}
        command = container_command(engine, spec, folder, variables, secrets, gpus=gpus)
    else:
        command = [*(spec.command or [_cs_train()]), *spec.args]
        environ |= {**_output_variables(folder), **needs.variables}
    folder.mkdir(parents=True, exist_ok=True)
    status = _run_child(
        [sys.executable, "-P", "-m", "cs_cloud", "with-secrets", "--", *command], environ
    )
    if engine and status == _ENGINE_FAILED:
        report(
            f"{Path(engine).stem} could not start {spec.image_uri}; if it may not pull it, run:"
            f" gcloud auth configure-docker {spec.image_uri.partition('/')[0]}"
        )
    return status


def _secrets(
    references: Mapping[str, str], environ: Mapping[str, str], report: Callable[[str], None]
) -> dict[str, str]:
    """Return the variables that name secrets, or hold what the person has of their own instead."""
    own = {name: environ[name] for name in references if environ.get(name)}
    if references.keys() == own.keys() or _has_credentials(environ):
        return {**references, **own}
    for name in references.keys() - own.keys():
        report(
            f"{name} is not set, for there are no credentials to read the secret with; set it, or"
            " run: gcloud auth application-default login"
        )
    return own


def _has_credentials(environ: Mapping[str, str]) -> bool:
    clients = Clients("", environ)
    try:
        clients.credentials  # noqa: B018  looked for when they are asked for
    except CloudError:
        return False
    return True


def _output_variables(folder: PurePath) -> dict[str, str]:
    return {name: f"{folder / below}/" for name, below in _OUTPUT.items()}


def _cs_train() -> str:
    """Return the path of this Python's cs-train, or of another one that is on the PATH."""
    places = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    found = shutil.which("cs-train", path=places)
    if found is None:
        raise CloudError(
            "cs-train is not installed beside cs-cloud; install it there, or have docker or podman"
            " run the job's image"
        )
    return found


def _run_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end and return its exit status, 128 + N where signal N ended it.

    Only the main thread may call this, since it handles signals. The command has nothing to read,
    and a process group of its own: else ^C would reach it twice, from the terminal and from here.
    """
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif sys.platform != "win32":  # there the console reaches both
            child.send_signal(number)

    numbers = [getattr(signal, name) for name in _PASSED_ON if hasattr(signal, name)]
    before = {
        number: signal.signal(number, pass_on)
        for number in numbers
        if signal.getsignal(number) != signal.SIG_IGN  # as nohup wants it, for the command too
    }
    try:
        child = subprocess.Popen(  # noqa: S603  the caller's own
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            process_group=None if sys.platform == "win32" else 0,
        )
        for number in early:
            pass_on(number, None)
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - status if status < 0 else status
