"""What Vertex AI asks of a custom job before it takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from google.cloud.aiplatform_v1.types import (
    AcceleratorType,
    CustomJob,
    CustomJobSpec,
    MachineSpec,
    WorkerPoolSpec,
)

from fake_google_cloud.errors import invalid

_MACHINE_TYPE = re.compile(r"(?:[acegmnt]\d+[a-z]?|ct\d\w*)-[a-z0-9]+(?:-[a-z0-9]+)*")
# Machine families that accelerators go into; all others take none.
_FAMILIES = {
    "NVIDIA_TESLA_P4": ("n1",),
    "NVIDIA_TESLA_P100": ("n1",),
    "NVIDIA_TESLA_T4": ("n1",),
    "NVIDIA_TESLA_V100": ("n1",),
    "NVIDIA_L4": ("g2",),
    "NVIDIA_TESLA_A100": ("a2",),
    "NVIDIA_A100_80GB": ("a2",),
    "NVIDIA_H100_80GB": ("a3",),
    "NVIDIA_H100_MEGA_80GB": ("a3",),
    "NVIDIA_H200_141GB": ("a3",),
    "NVIDIA_B200": ("a4",),
    "NVIDIA_GB200": ("a4x",),
    "NVIDIA_RTX_PRO_6000": ("g4",),
}
_COUNTS = (1, 2, 4, 8, 16)
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_MOST_LABELS = 64
_MOST_POOLS = 4
_REQUIRED = "Required field is not set."

Finding = tuple[str, str]


def check_job(job: CustomJob) -> None:
    """Refuse a job that Vertex AI would refuse, with all that is wrong with it.

    Raises:
        ApiError: INVALID_ARGUMENT, in Vertex's own form.
    """
    findings = [*_check_names(job), *_check_spec(job.job_spec, "custom_job.job_spec")]
    if findings:
        listed = "\t".join(
            f"{number}.Field: {field}; Message: {message}"
            for number, (field, message) in enumerate(findings, start=1)
        )
        raise invalid(f"List of found errors:\t{listed}\t")


def _check_names(job: CustomJob) -> Iterator[Finding]:
    if not job.display_name:
        yield "custom_job.display_name", _REQUIRED
    elif len(job.display_name) > 128:  # what the API's own description says
        yield "custom_job.display_name", "Must be at most 128 characters long."
    if len(job.labels) > _MOST_LABELS:
        yield "custom_job.labels", f"At most {_MOST_LABELS} labels are allowed."
    for key, value in job.labels.items():
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            yield (
                f"custom_job.labels[{key}]",
                "Keys and values hold at most 63 lower-case letters, digits, `_` and `-`.",
            )


def _check_spec(spec: CustomJobSpec, path: str) -> Iterator[Finding]:
    if not spec.worker_pool_specs:
        yield f"{path}.worker_pool_specs", _REQUIRED
    if len(spec.worker_pool_specs) > _MOST_POOLS:
        yield f"{path}.worker_pool_specs", f"At most {_MOST_POOLS} worker pools are allowed."
    for index, pool in enumerate(spec.worker_pool_specs):
        if index and not pool.replica_count and not pool.container_spec:
            continue  # an empty pool keeps the place of a task type that the job has not
        yield from _check_pool(pool, f"{path}.worker_pool_specs[{index}]")
        if not index and pool.replica_count > 1:
            yield f"{path}.worker_pool_specs[0].replica_count", "Must be 1 in the first pool."
    prefix = spec.base_output_directory.output_uri_prefix
    if spec.base_output_directory and not prefix.startswith("gs://"):
        yield f"{path}.base_output_directory.output_uri_prefix", "Must begin with gs://."


def _check_pool(pool: WorkerPoolSpec, path: str) -> Iterator[Finding]:
    if not pool.container_spec and not pool.python_package_spec:
        yield f"{path}.task", _REQUIRED
    if pool.container_spec and not pool.container_spec.image_uri:
        yield f"{path}.container_spec.image_uri", _REQUIRED
    for number, variable in enumerate(pool.container_spec.env):
        if not re.fullmatch(r"[A-Za-z_]\w*", variable.name, re.ASCII):
            yield f"{path}.container_spec.env[{number}].name", "Must be a valid C identifier."
    yield from _check_machine(pool.machine_spec, f"{path}.machine_spec")


def _check_machine(machine: MachineSpec, path: str) -> Iterator[Finding]:
    if not machine.machine_type:
        yield f"{path}.machine_type", _REQUIRED
    elif not _MACHINE_TYPE.fullmatch(machine.machine_type):
        yield f"{path}.machine_type", f'Machine type "{machine.machine_type}" is not supported.'
    kind = AcceleratorType(machine.accelerator_type)
    if not kind:
        if machine.accelerator_count:
            yield f"{path}.accelerator_type", _REQUIRED
        return
    if kind.name not in _FAMILIES:  # TPUs are sized by other rules
        return
    if machine.accelerator_count not in _COUNTS:
        yield (
            f"{path}.accelerator_count",
            f"Accelerator count {machine.accelerator_count} is not supported for {kind.name}.",
        )
    family = machine.machine_type.partition("-")[0]
    if family not in _FAMILIES[kind.name]:
        yield (
            f"{path}.machine_spec",
            f'Machine type "{machine.machine_type}" does not support accelerator {kind.name}.',
        )
