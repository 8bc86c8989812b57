"""The log of a training job: where it is, and how its lines are shown."""

from __future__ import annotations

from cs_cloud.google.clients import Clients
from cs_cloud.google.log_reader import LogLine, LogReader
from cs_cloud.google.vertex import CustomJob
from cs_cloud.jobs.lookup import id_of

_UNREMARKABLE = ("DEFAULT", "INFO")


def job_log(clients: Clients, job: CustomJob, replica: str = "") -> LogReader:
    """Return a reader of what a job logs, or only one replica of it."""
    wanted = f'resource.type="ml_job" AND resource.labels.job_id="{id_of(job)}"'
    if replica:
        wanted += f' AND resource.labels.task_name="{replica}"'
    return LogReader(clients, wanted, job.create_time)


def has_replicas(job: CustomJob) -> bool:
    """Tell whether a job has more than one replica, so that their lines must be told apart."""
    return sum(pool.replica_count for pool in job.job_spec.worker_pool_specs) > 1


def format_line(line: LogLine, *, with_replica: bool) -> str:
    """Return a line with its time, here, and its severity where that says something."""
    parts = [f"{line.time.astimezone():%H:%M:%S}"]
    if with_replica and line.replica:
        parts.append(line.replica)
    if line.severity not in _UNREMARKABLE:
        parts.append(line.severity)
    return " ".join([*parts, line.message])
