"""The training jobs of a project: their states, logs and names; finding and cancelling them."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from google.api_core.exceptions import BadRequest
from google.api_core.retry import Retry

from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError, nearest
from cs_cloud.google.api_errors import RETRY, TIMEOUT, explained
from cs_cloud.google.log_reader import LogLine, LogReader
from cs_cloud.google.resources import Resources, id_of, location_of
from cs_cloud.google.vertex import CustomJob, JobState

STATES = tuple(name.removeprefix("JOB_STATE_") for name in JobState.__members__)
"""Every state, as people write it."""

_MAX_NAMED = 6
_ORDINARY = ("DEFAULT", "INFO")


def title_of(job: CustomJob) -> str:
    """Return what a job is called in messages: its id and its display name."""
    return f"job {id_of(job)} ({job.display_name})"


def job_argument(name: str, regions: Container[str] = ()) -> str:
    """Return what names a job to a command that looks in `regions`: its id, else with --region."""
    region = location_of(name)
    return name.rpartition("/")[2] + ("" if region in regions else f" --region {region}")


def console_link(job: CustomJob) -> str:
    """Return the page of Google's console that shows a job."""
    _, project, _, region, _, identifier = job.name.split("/")
    return (
        f"https://console.cloud.google.com/ai/platform/locations/{region}/training/{identifier}"
        f"?project={project}"
    )


def format_line(line: LogLine, *, with_replica: bool) -> str:
    """Return a line with its local time, and its severity unless that is ordinary."""
    replica = line.replica if with_replica else ""
    severity = "" if line.severity in _ORDINARY else line.severity
    parts = (f"{line.time.astimezone():%H:%M:%S}", replica, severity)
    return " ".join([*filter(None, parts), line.message])


class TrainingJobs(Resources[CustomJob]):
    """The custom jobs of Vertex AI in some regions."""

    noun, collection, list_command = "job", "customJobs", "cs-cloud jobs"
    id_form = r"\d+"
    ended = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"})
    max_searched = 2000

    def get(self, name: str, retry: Retry | None = RETRY) -> CustomJob:
        """Return the job of a full name; raise what Google's clients raise."""
        client = self.clients.jobs(location_of(name))
        return client.get_custom_job(name=name, retry=retry, timeout=TIMEOUT)

    def _pages(self, location: str, request: dict[str, Any]) -> Iterable[CustomJob]:
        client = self.clients.jobs(location)
        return client.list_custom_jobs(request=request, retry=RETRY, timeout=TIMEOUT)

    @staticmethod
    def state_of(one: CustomJob) -> str:
        """Return the state of a job without the prefix that every state has."""
        return str(JobState(one.state).name).removeprefix("JOB_STATE_")

    def names_of(self, one: CustomJob) -> tuple[str, ...]:
        """Return the id and the display name of a job."""
        return id_of(one), one.display_name

    def find_named(self, text: str) -> Sequence[CustomJob]:
        """Return the jobs of a display name."""
        return self.newest(_MAX_NAMED, f"display_name={json.dumps(text)}")

    def matching(
        self, *, state: str = "", labels: Mapping[str, str] | None = None, limit: int | None = None
    ) -> Sequence[CustomJob]:
        """Return the jobs in one of STATES that bear some labels, the newest first."""
        query = [f"labels.{key}={json.dumps(value)}" for key, value in (labels or {}).items()]
        if state:
            query.append(f'state="JOB_STATE_{_known_state(state)}"')
        return self.newest(limit, " AND ".join(query))

    def cancel(self, name: str) -> bool:
        """Cancel a job by its full name; return whether it had not ended yet.

        It is CANCELLING for a while, and then CANCELLED.
        """
        with explained(f"cancelling job {name.rpartition('/')[2]}"):
            try:
                # cancelling twice does what cancelling once does
                client = self.clients.jobs(location_of(name))
                client.cancel_custom_job(name=name, retry=RETRY, timeout=TIMEOUT)
            except BadRequest:  # REST has the same status for FAILED_PRECONDITION
                if self.state_of(self.get(name)) in self.ended:
                    return False
                raise
        return True

    def describe_change(self, before: CustomJob | None, now: CustomJob) -> str:
        """Return a line such as `12:03:10 PENDING → RUNNING after 2m05s; it queued for 3m05s`."""
        text, state = f"{now.update_time.astimezone():%H:%M:%S} ", self.state_of(now)
        if before is None:
            return text + state
        waited = format_duration(now.update_time - before.update_time)
        text += f"{self.state_of(before)} → {state} after {waited}"
        if state == "RUNNING" and now.start_time and not before.start_time:
            return f"{text}; it queued for {format_duration(now.start_time - now.create_time)}"
        if self.state_of(before) == "RUNNING" and state in ("QUEUED", "PENDING"):
            return f"{text}: it lost its machine, and starts over on another"
        return text

    def commands_for(self, name: str) -> str:
        """Return the commands that watch and end a job."""
        job = job_argument(name)
        return f"watch it: cs-cloud logs -f {job}; end it: cs-cloud cancel {job}"

    def log_of(self, one: CustomJob, tail: int | None = None, replica: str = "") -> LogReader:
        """Return the log of a job, or that of one of its replicas."""
        query = f'resource.type="ml_job" AND resource.labels.job_id="{id_of(one)}"'
        if replica:
            query += f' AND resource.labels.task_name="{replica}"'
        return LogReader(self.clients, query, one.create_time, tail)

    def format_line(self, one: CustomJob, line: LogLine) -> str:
        """Return a line of a job's log, with the replica where there are several."""
        replicas = sum(pool.replica_count for pool in one.job_spec.worker_pool_specs)
        return format_line(line, with_replica=replicas > 1)


state_of = TrainingJobs.state_of


def _known_state(text: str) -> str:
    state = text.upper().removeprefix("JOB_STATE_")
    if state in STATES:
        return state
    hint = nearest(state, STATES, f"the states are {', '.join(STATES)}")
    raise CloudError(f"there is no state {text}; {hint}")
