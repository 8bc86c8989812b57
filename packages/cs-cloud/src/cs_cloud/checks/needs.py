"""What jobs need of a project, each thing once however many of them need it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from cs_cloud.jobs.machines import find_machine
from cs_cloud.secret_patterns import REFERENCE_SCHEME, SECRET_REFERENCE
from cs_cloud.settings import Settings

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec, MachineSpec, WorkerPoolSpec

Use: TypeAlias = Literal["read", "write"]
"""What is done with a bucket; who writes into it reads as well what it holds."""

# Accelerators that quotas name otherwise than the API's types do: NVIDIA_TESLA_T4 is T4 there.
_QUOTA_NAMES = {
    "NVIDIA_H100_80GB": "H100",
    "NVIDIA_H100_MEGA_80GB": "H100MEGA",
    "NVIDIA_H200_141GB": "H200",
}
# What Google can take away, or has you queue for, is counted apart.
_PREEMPTIBLE = ("SPOT", "FLEX_START")
# Machine series whose CPUs have no quota of their own.
_COMMON_SERIES = ("n1", "e2")


@dataclass(frozen=True)
class Needs:
    """What jobs need."""

    images: Mapping[str, str]
    """By URI, what `nox -s build` is told to make it: `gpu` or `cpu`."""
    secrets: tuple[tuple[str, str], ...]
    """Names of versions, projects/P/secrets/S/versions/V, and the account that reads each."""
    buckets: Mapping[tuple[str, str], Use]
    """By name and by the account that uses it."""
    quotas: Mapping[str, int]
    """By id, the largest that one job takes."""
    accounts: tuple[str, ...]
    """E-mails of the service accounts."""


def needs_of(jobs: Sequence[CustomJobSpec], settings: Settings) -> Needs:
    """Return what jobs need between them, each started by itself."""
    pools = [pool for job in jobs for pool in job.worker_pool_specs]
    accounts = tuple(dict.fromkeys(job.service_account for job in jobs))
    data = _bucket(settings.data_bucket)
    buckets: dict[tuple[str, str], Use] = {
        (data, account): "read" for account in accounts or (settings.service_account,)
    }
    quotas: Counter[str] = Counter()
    for job in jobs:
        output = _bucket(job.base_output_directory.output_uri_prefix)
        buckets[output, job.service_account] = "write"
        quotas |= _quotas(job)
    return Needs(
        images={pool.container_spec.image_uri: _target(pool) for pool in pools},
        secrets=tuple(dict.fromkeys(secret for job in jobs for secret in _secrets(job))),
        buckets=buckets,
        quotas=quotas,
        accounts=accounts,
    )


def _bucket(uri: str) -> str:
    return uri.removeprefix("gs://").partition("/")[0]


def _target(pool: WorkerPoolSpec) -> str:
    return "gpu" if pool.machine_spec.accelerator_type else "cpu"


def _secrets(job: CustomJobSpec) -> Iterable[tuple[str, str]]:
    for pool in job.worker_pool_specs:
        for variable in pool.container_spec.env:
            if SECRET_REFERENCE.fullmatch(variable.value):
                yield variable.value.removeprefix(REFERENCE_SCHEME), job.service_account


def _quotas(job: CustomJobSpec) -> Counter[str]:
    market = "Preemptible" if job.scheduling.strategy.name in _PREEMPTIBLE else ""
    needed: Counter[str] = Counter()
    for pool in job.worker_pool_specs:
        what, count = _counted(pool.machine_spec)
        quota = f"CustomModelTraining{market}{what}PerProjectPerRegion"
        needed[quota] += count * pool.replica_count
    return needed


def _counted(wanted: MachineSpec) -> tuple[str, int]:
    """Return what a quota counts of a machine, and how many of it there are.

    Without an accelerator these are its CPUs. With one that quota is what runs out first.
    """
    if kind := wanted.accelerator_type:
        plain = kind.name.removeprefix("NVIDIA_").removeprefix("TESLA_").replace("_", "")
        return f"{_QUOTA_NAMES.get(kind.name, plain)}GPUs", wanted.accelerator_count
    machine = find_machine(wanted.machine_type)
    series = wanted.machine_type.partition("-")[0]
    own = "" if series in _COMMON_SERIES else series.upper()
    return f"{own}CPUs", machine.vcpus if machine else 0
