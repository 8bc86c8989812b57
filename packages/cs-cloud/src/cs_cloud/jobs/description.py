"""The facts about a training job, without the values of its container's variables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cs_cloud.durations import plain_time
from cs_cloud.google.resources import id_of, location_of
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
class JobSummary:
    """A job in one row."""

    id: str
    name: str
    state: str
    created: datetime
    started: datetime | None
    """When it ran first."""
    ended: datetime | None
    machine: str
    experiment: str
    region: str

    def duration(self, now: datetime) -> timedelta | None:
        """Return how long it has run, or ran; None if it never did."""
        return (self.ended or now) - self.started if self.started else None


@dataclass(frozen=True)
class JobDescription(JobSummary):
    """All facts about a job that a person asks for."""

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
    return JobSummary(
        id=id_of(job),
        name=job.display_name,
        state=state_of(job),
        created=plain_time(job.create_time),
        started=plain_time(job.start_time) if job.start_time else None,
        ended=plain_time(job.end_time)
        if job.end_time and state_of(job) in TrainingJobs.ended
        else None,
        machine=", ".join(machines_of(pool) for pool in job.job_spec.worker_pool_specs),
        experiment=job.labels.get("experiment", ""),
        region=location_of(job.name),
    )


def describe(job: CustomJob) -> JobDescription:
    """Return the facts about a job."""
    spec = job.job_spec
    pools = spec.worker_pool_specs
    container = pools[0].container_spec if pools else ContainerSpec()
    return JobDescription(
        **vars(summarize(job)),
        resource=job.name,
        updated=plain_time(job.update_time),
        image=container.image_uri,
        image_digest=container.image_uri.partition("@")[2],
        command=tuple(_shown(text) for text in container.command),
        args=tuple(_shown(text) for text in container.args),
        env={
            variable.name: variable.value
            if SECRET_REFERENCE.fullmatch(variable.value)
            else NOT_SHOWN
            for variable in container.env
        },
        service_account=spec.service_account,
        timeout=spec.scheduling.timeout if "timeout" in spec.scheduling else None,
        strategy=Scheduling.Strategy(spec.scheduling.strategy).name
        if spec.scheduling.strategy
        else "",
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


def _shown(text: str) -> str:
    return "(looks like a key, not shown)" if holds_key(text) else text
