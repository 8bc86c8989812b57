"""Read the YAML of a training job; refuse what would only fail, or give a secret away, later.

The file is a `CustomJobSpec` as `gcloud ai custom-jobs create --config` takes it, in which
`${name}` stands for a setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cs_cloud.errors import nearest
from cs_cloud.images.image_recipe import IMAGES, device_of
from cs_cloud.jobs.job_environment import check_environment
from cs_cloud.jobs.machines import find_machine, known_machines
from cs_cloud.secret_patterns import holds_key
from cs_cloud.settings import Settings
from cs_cloud.strict_yaml.messages import Located, locate_message

if TYPE_CHECKING:
    from cs_cloud.google import vertex

_POOL = "workerPoolSpecs[0]"
_ALONE = (
    "a job trains on one machine for now: several would each train the same model into the same"
    " folder"
)
_LONGEST = 7 * 24 * 3600  # seconds
_DISKS = ("pd-ssd", "pd-standard", "hyperdisk-balanced")
_SMALLEST_DISK, _LARGEST_DISK = 100, 64_000  # GB


def read_job_file(
    path: Path, settings: Settings, change: Callable[[vertex.CustomJobSpec], None] | None = None
) -> vertex.CustomJobSpec:
    """Read a job file, with the settings in place of its `${name}`; `change` it, and check it.

    Raises:
        CloudError: a key, a value, or what they say together is not one that a job can have.
    """
    from cs_cloud.google.vertex import CustomJobSpec

    job = locate_message(path, CustomJobSpec, asdict(settings))
    _check_pools(job)
    if change is not None:
        change(job.message)
    [pool] = job.message.worker_pool_specs
    _check_machine(job, pool.machine_spec)
    if job.has(f"{_POOL}.diskSpec"):
        _check_disk(job, pool.disk_spec)
    _check_container(job, pool.container_spec)
    _check_image_suits(job, pool)
    _check_scheduling(job)
    _check_service_account(job)
    _check_output(job)
    return job.message


def _check_pools(job: Located[vertex.CustomJobSpec]) -> None:
    pools = job.message.worker_pool_specs
    if not pools:
        raise job.fault("workerPoolSpecs", "is missing; a job needs one worker pool")
    if len(pools) > 1:
        raise job.fault(
            "workerPoolSpecs[1]",
            f"is a second worker pool, but {_ALONE}; keep one pool with replicaCount 1",
        )
    if "container_spec" not in pools[0]:
        raise job.fault(f"{_POOL}.containerSpec", "is missing; each worker pool runs one container")
    if (count := pools[0].replica_count) != 1:
        raise job.fault(f"{_POOL}.replicaCount", f"must be 1, got {count}: {_ALONE}")


def _check_image_suits(job: Located[vertex.CustomJobSpec], pool: vertex.WorkerPoolSpec) -> None:
    """Refuse a GPU that would be paid for and not used, and a start that would only fail."""
    container, accelerator = pool.container_spec, pool.machine_spec.accelerator_type
    device, where = device_of(container.image_uri), f"{_POOL}.containerSpec.imageUri"
    if device == "cpu" and accelerator:
        raise job.fault(
            where,
            f"is the image without CUDA, which leaves the {accelerator.name} idle; take"
            f" {IMAGES['gpu'][0]}, or no accelerator",
        )
    # the entrypoint looks for no GPU either if it is given that
    does_without = any(text.startswith("accelerator=") for text in container.args)
    if device == "gpu" and not accelerator and not does_without:
        raise job.fault(
            where,
            f"is the image for GPUs, but the machine has none; take {IMAGES['cpu'][0]}, an"
            " accelerator, or the argument accelerator=cpu",
        )


def _check_container(job: Located[vertex.CustomJobSpec], container: vertex.ContainerSpec) -> None:
    at, image = f"{_POOL}.containerSpec", container.image_uri
    if not re.fullmatch(r"[a-z0-9][\w.-]*(?::\d+)?(?:/[\w.-]+)+(?:[:@][\w.:-]+)?", image):
        raise job.fault(f"{at}.imageUri", f"is {image!r}, but must be an image: HOST/PATH/NAME:TAG")
    for name, texts in (("command", container.command), ("args", container.args)):
        for index, text in enumerate(texts):
            if holds_key(text):
                raise job.fault(
                    f"{at}.{name}[{index}]",
                    "holds what looks like a key: whoever sees the job could read it; pass it in"
                    " env, by its name; if it was committed or shared, revoke it",
                )
    check_environment(job, f"{at}.env", container.env)


def _check_machine(job: Located[vertex.CustomJobSpec], wanted: vertex.MachineSpec) -> None:
    at = f"{_POOL}.machineSpec"
    name, count = wanted.machine_type, wanted.accelerator_count
    if not name:
        raise job.fault(f"{at}.machineType", "is missing; give it one such as n1-standard-8")
    if (machine := find_machine(name)) is None:
        hint = nearest(name, known_machines(), "if it is new, add it to machines.toml")
        raise job.fault(
            f"{at}.machineType", f"is {name}, which is not a known machine type; {hint}"
        )
    among = ", ".join(map(machine.choices, machine.accelerators)) or "no accelerator"
    if not wanted.accelerator_type:
        if machine.built_in:
            raise job.fault(f"{at}.acceleratorType", f"is missing; {name} comes with {among}")
        if count:
            raise job.fault(f"{at}.acceleratorType", f"is missing beside acceleratorCount {count}")
        return
    kind = wanted.accelerator_type.name
    if kind not in machine.accelerators:
        raise job.fault(f"{at}.acceleratorType", f"is {kind}, but {name} goes with {among}")
    if count not in machine.accelerators[kind]:
        among = machine.choices(kind)
        raise job.fault(f"{at}.acceleratorCount", f"is {count}, but {name} goes with {among}")


def _check_disk(job: Located[vertex.CustomJobSpec], disk: vertex.DiskSpec) -> None:
    at = f"{_POOL}.diskSpec"
    if disk.boot_disk_type and disk.boot_disk_type not in _DISKS:
        raise job.fault(
            f"{at}.bootDiskType",
            f"is {disk.boot_disk_type}, but must be one of {', '.join(_DISKS)}",
        )
    size = disk.boot_disk_size_gb
    if job.has(f"{at}.bootDiskSizeGb") and not _SMALLEST_DISK <= size <= _LARGEST_DISK:
        raise job.fault(
            f"{at}.bootDiskSizeGb",
            f"is {size}, but must be from {_SMALLEST_DISK} to {_LARGEST_DISK} GB",
        )


def _check_scheduling(job: Located[vertex.CustomJobSpec]) -> None:
    scheduling, at = job.message.scheduling, "scheduling.timeout"
    if not job.has(at):
        raise job.fault(at, "is missing: a job that hangs would be paid for 7 days; give it one")
    seconds = scheduling.timeout.total_seconds()
    if not 0 < seconds <= _LONGEST:
        raise job.fault(
            at,
            f"is {seconds:.0f}s, but must be more than 0s and at most {_LONGEST}s, which is 7 days",
        )
    if scheduling.strategy.name == "SPOT" and not scheduling.restart_job_on_worker_restart:
        raise job.fault(
            "scheduling.strategy",
            "is SPOT, whose machines can be taken away; set restartJobOnWorkerRestart: true",
        )


def _check_service_account(job: Located[vertex.CustomJobSpec]) -> None:
    account = job.message.service_account
    if not account:
        raise job.fault(
            "serviceAccount",
            "is missing: Vertex AI's own account may not read secrets; set ${service_account}",
        )
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.gserviceaccount\.com", account):
        raise job.fault("serviceAccount", f"is {account!r}, but must be a service account's e-mail")


def _check_output(job: Located[vertex.CustomJobSpec]) -> None:
    at = "baseOutputDirectory.outputUriPrefix"
    folder = job.message.base_output_directory.output_uri_prefix
    if not folder:
        raise job.fault(at, "is missing: the trained model would be lost; set ${output_bucket}")
    if not re.fullmatch(r"gs://[a-z0-9][\w.-]+/(?:\S*/)?", folder, re.ASCII):
        raise job.fault(at, f"is {folder!r}, but must be a folder: gs://BUCKET/…/")
