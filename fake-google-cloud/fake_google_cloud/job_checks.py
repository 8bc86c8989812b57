"""What Vertex AI asks of a custom job before it takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from fake_google_cloud.errors import invalid

_MACHINE_TYPE = re.compile(r"(?:[acegmnt]\d+[a-z]?|ct\d\w*)-[a-z0-9]+(?:-[a-z0-9]+)*")
# Machine families that accelerators go into; all others take none.
_FAMILIES = {
    "NVIDIA_TESLA_P4": "n1",
    "NVIDIA_TESLA_P100": "n1",
    "NVIDIA_TESLA_T4": "n1",
    "NVIDIA_TESLA_V100": "n1",
    "NVIDIA_L4": "g2",
    "NVIDIA_TESLA_A100": "a2",
    "NVIDIA_A100_80GB": "a2",
    "NVIDIA_H100_80GB": "a3",
    "NVIDIA_H100_MEGA_80GB": "a3",
    "NVIDIA_H200_141GB": "a3",
    "NVIDIA_B200": "a4",
    "NVIDIA_GB200": "a4x",
    "NVIDIA_RTX_PRO_6000": "g4",
}
_COUNTS = (1, 2, 4, 8, 16)
_REQUIRED = "Required field is not set."

_Json: TypeAlias = dict[str, Any]
_Finding: TypeAlias = tuple[str, str]


def check_job(job: _Json) -> None:
    """Refuse a job that Vertex AI would refuse, with all that is wrong with it.

    Raises:
        ApiError: INVALID_ARGUMENT, in Vertex's own form.
    """
    findings = [*_check_names(job), *_check_spec(job.get("jobSpec", {}))]
    if findings:
        listed = "\t".join(
            f"{number}.Field: custom_job.{field}; Message: {message}"
            for number, (field, message) in enumerate(findings, start=1)
        )
        raise invalid(f"List of found errors:\t{listed}\t")


def _check_names(job: _Json) -> Iterator[_Finding]:
    name, labels = job.get("displayName", ""), job.get("labels", {})
    if not name:
        yield "display_name", _REQUIRED
    elif len(name) > 128:  # what the API's own description says
        yield "display_name", "Must be at most 128 characters long."
    if len(labels) > 64:
        yield "labels", "At most 64 labels are allowed."
    for key, value in labels.items():
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key) or not re.fullmatch(
            r"[a-z0-9_-]{0,63}", value
        ):
            allowed = "Keys and values hold at most 63 lower-case letters, digits, `_` and `-`."
            yield f"labels[{key}]", allowed


def _check_spec(spec: _Json) -> Iterator[_Finding]:
    pools = spec.get("workerPoolSpecs", [])
    if not pools:
        yield "job_spec.worker_pool_specs", _REQUIRED
    if len(pools) > 4:
        yield "job_spec.worker_pool_specs", "At most 4 worker pools are allowed."
    for index, pool in enumerate(pools):
        path = f"job_spec.worker_pool_specs[{index}]"
        replicas = int(pool.get("replicaCount", 0))
        if index and not replicas and "containerSpec" not in pool:
            continue  # an empty pool keeps the place of a task type that the job has not
        yield from _check_pool(pool, path)
        if not index and replicas > 1:
            yield f"{path}.replica_count", "Must be 1 in the first pool."
    output = spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "gs://")
    if not output.startswith("gs://"):
        yield "job_spec.base_output_directory.output_uri_prefix", "Must begin with gs://."


def _check_pool(pool: _Json, path: str) -> Iterator[_Finding]:
    container = pool.get("containerSpec")
    if container is None and "pythonPackageSpec" not in pool:
        yield f"{path}.task", _REQUIRED
    if container is not None and not container.get("imageUri"):
        yield f"{path}.container_spec.image_uri", _REQUIRED
    for number, variable in enumerate((container or {}).get("env", [])):
        if not re.fullmatch(r"[A-Za-z_]\w*", variable.get("name", ""), re.ASCII):
            yield f"{path}.container_spec.env[{number}].name", "Must be a valid C identifier."
    yield from _check_machine(pool.get("machineSpec", {}), f"{path}.machine_spec")


def _check_machine(machine: _Json, path: str) -> Iterator[_Finding]:
    kind, count = machine.get("machineType", ""), machine.get("acceleratorCount", 0)
    accelerator = machine.get("acceleratorType", "")
    if not kind:
        yield f"{path}.machine_type", _REQUIRED
    elif not _MACHINE_TYPE.fullmatch(kind):
        yield f"{path}.machine_type", f'Machine type "{kind}" is not supported.'
    if isinstance(accelerator, int):
        yield f"{path}.accelerator_type", f"{accelerator} is no AcceleratorType."
    if not accelerator and count:
        yield f"{path}.accelerator_type", _REQUIRED
    if accelerator not in _FAMILIES:  # none, or TPUs, which are sized by other rules
        return
    if count not in _COUNTS:
        wrong = f"Accelerator count {count} is not supported for {accelerator}."
        yield f"{path}.accelerator_count", wrong
    if kind.partition("-")[0] != _FAMILIES[accelerator]:
        wrong = f'Machine type "{kind}" does not support accelerator {accelerator}.'
        yield f"{path}.machine_spec", wrong
