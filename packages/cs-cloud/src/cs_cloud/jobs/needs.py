"""Read from training jobs what they need of a project and of the machine that runs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from cs_cloud.jobs.machines import find_machine
from cs_cloud.secret_patterns import REFERENCE_SCHEME
from cs_cloud.settings import Settings

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec, MachineSpec

Use: TypeAlias = Literal["read", "write"]
"""How a bucket is used; whoever writes into it also reads what it holds."""

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
class JobNeeds:
    """What one job needs."""

    image: str
    device: str
    """`gpu` or `cpu`: what its image is built for by `nox -s build`."""
    variables: Mapping[str, str]
    """Variables whose values are written out in the job."""
    secrets: Mapping[str, str]
    """References (`sm://…`) by the variables that hold the secrets."""
    account: str
    """E-mail of its service account."""
    output_bucket: str
    quota: str
    """Id of the quota that it counts against."""
    quota_amount: int


@dataclass(frozen=True)
class Needs:
    """What several jobs need between them, each thing once."""

    images: Mapping[str, str]
    """Devices by image URI."""
    secrets: tuple[tuple[str, str], ...]
    """Names of versions, projects/P/secrets/S/versions/V, and the account that reads each."""
    buckets: Mapping[tuple[str, str], Use]
    """By name and by the account that uses it."""
    quotas: Mapping[str, int]
    """The largest amount that one job takes, by the quota's id."""
    accounts: tuple[str, ...]
    """E-mails of the service accounts."""


def needs_of(jobs: Sequence[CustomJobSpec], settings: Settings) -> Needs:
    """Return what jobs need between them, each started by itself."""
    each = [needs_of_job(job) for job in jobs]
    accounts = tuple(dict.fromkeys(job.account for job in each))
    data = _bucket(settings.data_bucket)
    buckets: dict[tuple[str, str], Use] = {
        (data, account): "read" for account in accounts or (settings.service_account,)
    }
    quotas: Counter[str] = Counter()
    for job in each:
        buckets[job.output_bucket, job.account] = "write"
        quotas |= Counter({job.quota: job.quota_amount})
    secrets = [(text, job.account) for job in each for text in job.secrets.values()]
    return Needs(
        images={job.image: job.device for job in each},
        secrets=tuple(
            (text.removeprefix(REFERENCE_SCHEME), account)
            for text, account in dict.fromkeys(secrets)
        ),
        buckets=buckets,
        quotas=quotas,
        accounts=accounts,
    )


def needs_of_job(job: CustomJobSpec) -> JobNeeds:
    """Return what a job needs, as `read_job_file` gives it."""
    [pool] = job.worker_pool_specs
    env = {variable.name: variable.value for variable in pool.container_spec.env}
    secrets = {name: text for name, text in env.items() if text.startswith(REFERENCE_SCHEME)}
    market = "Preemptible" if job.scheduling.strategy.name in _PREEMPTIBLE else ""
    counted, amount = _counted(pool.machine_spec)
    return JobNeeds(
        image=pool.container_spec.image_uri,
        device="gpu" if pool.machine_spec.accelerator_type else "cpu",
        variables={name: text for name, text in env.items() if name not in secrets},
        secrets=secrets,
        account=job.service_account,
        output_bucket=_bucket(job.base_output_directory.output_uri_prefix),
        quota=f"CustomModelTraining{market}{counted}PerProjectPerRegion",
        quota_amount=amount,
    )


def _bucket(uri: str) -> str:
    return uri.removeprefix("gs://").partition("/")[0]


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
