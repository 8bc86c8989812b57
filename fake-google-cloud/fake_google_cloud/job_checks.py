"""What Vertex AI asks of a custom job before it takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fake_google_cloud.errors import invalid

_MACHINE_TYPE = re.compile(r"(?:[acegmnt]\d+[a-z]?|ct\d\w*)-[a-z0-9]+(?:-[a-z0-9]+)*")
# accelerators by the machine family that they go into; all others take none
_FAMILIES = {
    "n1": ("NVIDIA_TESLA_P4", "NVIDIA_TESLA_P100", "NVIDIA_TESLA_T4", "NVIDIA_TESLA_V100"),
    "g2": ("NVIDIA_L4",),
    "g4": ("NVIDIA_RTX_PRO_6000",),
    "a2": ("NVIDIA_TESLA_A100", "NVIDIA_A100_80GB"),
    "a3": ("NVIDIA_H100_80GB", "NVIDIA_H100_MEGA_80GB", "NVIDIA_H200_141GB"),
    "a4": ("NVIDIA_B200",),
    "a4x": ("NVIDIA_GB200",),
}
_REQUIRED = "Required field is not set."


def check_job(job: dict[str, Any]) -> None:
    """Refuse a job that Vertex AI would refuse, with all that is wrong with it, in its own form."""
    findings = "\t".join(
        f"{number}.Field: custom_job.{field}; Message: {message}"
        for number, (field, message) in enumerate(_findings(job), start=1)
    )
    if findings:
        raise invalid(f"List of found errors:\t{findings}\t")


def _findings(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    spec = job.get("jobSpec", {})
    pools = spec.get("workerPoolSpecs", [])
    if not job.get("displayName"):
        yield "display_name", _REQUIRED
    elif len(job["displayName"]) > 128:  # what the API's own description says
        yield "display_name", "Must be at most 128 characters long."
    for key, value in job.get("labels", {}).items():
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}=[a-z0-9_-]{0,63}", f"{key}={value}"):
            yield f"labels[{key}]", "At most 63 lower-case letters, digits, `_` and `-`."
    if not 1 <= len(pools) <= 4:
        yield "job_spec.worker_pool_specs", "A job has 1 to 4 worker pools."
    for index, pool in enumerate(pools):
        # an empty pool keeps the place of a task type that the job has not
        if not index or int(pool.get("replicaCount", 0)) or "containerSpec" in pool:
            for field, message in _pool_findings(index, pool):
                yield f"job_spec.worker_pool_specs[{index}].{field}", message
    output = spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "gs://")
    if not output.startswith("gs://"):
        yield "job_spec.base_output_directory.output_uri_prefix", "Must begin with gs://."


def _pool_findings(index: int, pool: dict[str, Any]) -> Iterator[tuple[str, str]]:
    container, machine = pool.get("containerSpec", {}), pool.get("machineSpec", {})
    kind, count = machine.get("machineType", ""), machine.get("acceleratorCount", 0)
    accelerator, family = machine.get("acceleratorType", ""), kind.partition("-")[0]
    if not index and int(pool.get("replicaCount", 1)) > 1:
        yield "replica_count", "Must be 1 in the first pool."
    if not container.get("imageUri"):
        yield "container_spec.image_uri", _REQUIRED
    for number, variable in enumerate(container.get("env", [])):
        if not re.fullmatch(r"[A-Za-z_]\w*", variable.get("name", ""), re.ASCII):
            yield f"container_spec.env[{number}].name", "Must be a valid C identifier."
    if not _MACHINE_TYPE.fullmatch(kind):
        yield "machine_spec.machine_type", f'Machine type "{kind}" is not supported.'
    if (count and not accelerator) or isinstance(accelerator, int):
        yield "machine_spec.accelerator_type", f"{accelerator or 'Nothing'} is no AcceleratorType."
    if any(accelerator in kinds for kinds in _FAMILIES.values()):  # TPUs have other rules
        if count not in (1, 2, 4, 8, 16):
            yield "machine_spec.accelerator_count", f"{count} of {accelerator} are not supported."
        if accelerator not in _FAMILIES.get(family, ()):
            wrong = f'Machine type "{kind}" does not support accelerator {accelerator}.'
            yield "machine_spec", wrong
