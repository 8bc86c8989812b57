"""Runs a training job on this machine as Vertex AI would: the same words, the same variables.

In the job's container where docker or podman works, else by the cs-train of this Python.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from cs_cloud.errors import CloudError
from cs_cloud.google.clients import Clients
from cs_cloud.local.child_process import run_child
from cs_cloud.local.containers import Choice, Engine, Mount, find_engine, run_command
from cs_cloud.secret_patterns import REFERENCE_SCHEME

if TYPE_CHECKING:
    from cs_cloud.google.vertex import ContainerSpec, CustomJobSpec

# What Vertex AI sets where a job has a folder for its output, and the folders below that one.
_OUTPUT = {
    "AIP_MODEL_DIR": "model",
    "AIP_CHECKPOINT_DIR": "checkpoints",
    "AIP_TENSORBOARD_LOG_DIR": "logs",
}
_FOLDER_INSIDE = PurePosixPath("/job")
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"
_CREDENTIALS_INSIDE = PurePosixPath("/credentials.json")
_ENGINE_FAILED = 125


def _tell_on_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def run_local(
    job: CustomJobSpec,
    folder: Path,
    *,
    container: Choice = "auto",
    tell: Callable[[str], None] = _tell_on_stderr,
) -> int:
    """Run the first worker of a job here, in the foreground, and return its exit status.

    A variable that names a secret holds what the person's own variable of that name holds, or else
    the secret, or else, where there are no credentials to read it with, is not set.

    Args:
        job: the job.
        folder: where it leaves its model; it is made.
        container: what runs its container: docker, podman, whichever of them works (`auto`), or
            `none`, for running cs-train without one.
        tell: is told, in one line each, what is not as in the cloud; by default stderr is.

    Raises:
        CloudError: there is nothing to run it with.
    """
    pool = job.worker_pool_specs[0]
    workers = sum(other.replica_count for other in job.worker_pool_specs)
    if workers > 1:
        tell(f"of the job's {workers} workers only the first runs here")
    gpus = pool.machine_spec.accelerator_count > 0
    if gpus and not shutil.which("nvidia-smi"):
        tell("the job asks for a GPU, and there is none here (no nvidia-smi): it runs on the CPU")
        gpus = False
    engine = find_engine(container, tell)
    folder = folder.absolute()
    spec = pool.container_spec
    written_out = {
        env.name: env.value for env in spec.env if not env.value.startswith(REFERENCE_SCHEME)
    }
    secrets = _secrets(spec, os.environ, tell)
    if engine:
        command = _in_container(engine, spec, folder, written_out, secrets, gpus=gpus)
        environ = {**os.environ, **secrets}
    else:
        command = [*(spec.command or [_cs_train()]), *spec.args]
        environ = {**os.environ, **_output_variables(folder), **written_out, **secrets}
    folder.mkdir(parents=True, exist_ok=True)
    status = run_child(
        [sys.executable, "-P", "-m", "cs_cloud", "with-secrets", "--", *command], environ
    )
    if engine and status == _ENGINE_FAILED:
        tell(
            f"{engine.name} could not start {spec.image_uri}; if it may not pull it, run: gcloud"
            f" auth configure-docker {spec.image_uri.partition('/')[0]}"
        )
    return status


def _secrets(
    spec: ContainerSpec, environ: Mapping[str, str], tell: Callable[[str], None]
) -> dict[str, str]:
    """Return the variables that name secrets, or hold what the person has of their own instead."""
    named = {env.name: env.value for env in spec.env if env.value.startswith(REFERENCE_SCHEME)}
    own = {name: environ[name] for name in named if environ.get(name)}
    if named.keys() == own.keys() or _has_credentials(environ):
        return {**named, **own}
    for name in named.keys() - own.keys():
        tell(
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


def _in_container(
    engine: Engine,
    spec: ContainerSpec,
    folder: Path,
    written_out: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    gpus: bool,
) -> list[str]:
    inside = {"HOME": "/tmp"}  # noqa: S108  a place that whoever runs in the container can write
    if not gpus:
        inside["CS_NEEDS_GPU"] = ""  # an image for GPUs would not start
    mounts = [Mount(folder, _FOLDER_INSIDE)]
    if credentials := _credentials_file(os.environ):
        mounts.append(Mount(credentials, _CREDENTIALS_INSIDE, read_only=True))
        inside[_CREDENTIALS] = str(_CREDENTIALS_INSIDE)
    return run_command(
        engine,
        spec.image_uri,
        spec.command,
        spec.args,
        variables={**inside, **_output_variables(_FOLDER_INSIDE), **written_out},
        secrets=secrets,
        mounts=mounts,
        gpus=gpus,
    )


def _credentials_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file that the credentials for fetching data are in, None if they are in none."""
    configuration = environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud"
    default = Path(configuration, "application_default_credentials.json")
    path = Path(environ.get(_CREDENTIALS) or default).absolute()
    return path if path.is_file() else None
