"""The facts about a training job, without the values of its container's variables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cs_cloud.durations import plain_time
from cs_cloud.google.resources import Summary, id_of, location_of
from cs_cloud.google.vertex import (
    AcceleratorType,
    ContainerSpec,
    CustomJob,
    Scheduling,
    WorkerPoolSpec,
)
from cs_cloud.jobs.training_jobs import TrainingJobs, console_link, state_of
from cs_cloud.secret_patterns import SECRET_REFERENCE, holds_key

NOT_SHOWN = "(set, not shown)"


@dataclass(frozen=True)
class JobSummary(Summary):
    """A job in one row."""

    name: str
    machine: str
    experiment: str
    region: str


@dataclass(frozen=True)
class JobDescription(JobSummary):
    """Everything that is shown of a job."""

    resource: str
    updated: datetime
    image: str
    image_digest: str
    """Empty where the image is named by a tag, which may mean another image by now."""
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: dict[str, str]
    """By name: a reference to a secret as it is, anything else as NOT_SHOWN."""
    service_account: str
    timeout: timedelta | None
    strategy: str
    output: str
    labels: dict[str, str]
    error: str
    console: str


def summarize(job: CustomJob) -> JobSummary:
    """Return the row of a job."""
    ended = job.end_time if state_of(job) in TrainingJobs.ended else None
    return JobSummary(
        id=id_of(job),
        name=job.display_name,
        state=state_of(job),
        created=plain_time(job.create_time),
        started=plain_time(job.start_time) if job.start_time else None,
        ended=plain_time(ended) if ended else None,
        machine=", ".join(machines_of(pool) for pool in job.job_spec.worker_pool_specs),
        experiment=job.labels.get("experiment", ""),
        region=location_of(job.name),
    )


def describe(job: CustomJob) -> JobDescription:
    """Return the facts about a job."""
    spec = job.job_spec
    pools = spec.worker_pool_specs
    strategy = spec.scheduling.strategy
    container = pools[0].container_spec if pools else ContainerSpec()
    return JobDescription(
        **vars(summarize(job)),
        resource=job.name,
        updated=plain_time(job.update_time),
        image=container.image_uri,
        image_digest=container.image_uri.partition("@")[2],
        command=tuple(_shown(text) for text in container.command),
        args=tuple(_shown(text) for text in container.args),
        env={one.name: _shown_variable(one.value) for one in container.env},
        service_account=spec.service_account,
        timeout=spec.scheduling.timeout if "timeout" in spec.scheduling else None,
        strategy=Scheduling.Strategy(strategy).name if strategy else "",
        output=spec.base_output_directory.output_uri_prefix,
        labels=dict(job.labels),
        error=job.error.message,
        console=console_link(job),
    )


def machines_of(pool: WorkerPoolSpec) -> str:
    """Return the machines of a pool, such as `2 x n1-standard-8 with 1 x NVIDIA_TESLA_T4`."""
    wanted = pool.machine_spec
    text = str(wanted.machine_type)
    if wanted.accelerator_count:
        kind = AcceleratorType(wanted.accelerator_type).name
        text += f" with {wanted.accelerator_count} x {kind}"
    return text if pool.replica_count == 1 else f"{pool.replica_count} x {text}"


def _shown_variable(value: str) -> str:
    return value if SECRET_REFERENCE.fullmatch(value) else NOT_SHOWN


def _shown(text: str) -> str:
    return "(looks like a key, not shown)" if holds_key(text) else text
