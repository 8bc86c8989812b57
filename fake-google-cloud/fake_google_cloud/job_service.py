"""Vertex AI's custom jobs, which go as their scripts say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from google.cloud.aiplatform_v1.types import (
    CancelCustomJobRequest,
    CreateCustomJobRequest,
    CustomJob,
    DeleteCustomJobRequest,
    DeleteOperationMetadata,
    GetCustomJobRequest,
    JobState,
    ListCustomJobsRequest,
    ListCustomJobsResponse,
)
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2
from google.rpc import code_pb2, status_pb2

from fake_google_cloud.clock import Clock
from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.iam_service import ServiceAccounts
from fake_google_cloud.job_checks import check_job
from fake_google_cloud.messages import to_protobuf
from fake_google_cloud.operations import Operations
from fake_google_cloud.paging import cut_page
from fake_google_cloud.project import Project
from fake_google_cloud.quota_service import Quotas
from fake_google_cloud.registry_service import Registry
from fake_google_cloud.rpc import Service, rpc
from fake_google_cloud.scripts import JobScript

_PARENT = "projects/{project}/locations/{location}"
_NAME = _PARENT + "/customJobs/{job}"
_FIRST_ID = 4_600_000_000_000_000_000  # ids have 19 digits
_SECONDS_OF_CANCELLING = 2
_FINAL = ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")


@dataclass
class RunningJob:
    """A job as it was sent, and the script that it follows."""

    id: str
    sent: CustomJob
    script: JobScript
    created: datetime

    def elapsed(self, now: datetime) -> float:
        """Return the seconds since the job was created."""
        return (now - self.created).total_seconds()

    def is_live(self, now: datetime) -> bool:
        """Tell whether the job is still to come to its end."""
        return self.script.state_after(self.elapsed(now)) not in _FINAL

    def at(self, now: datetime) -> CustomJob:
        """Return the job as it is at a time."""
        script, elapsed = self.script, self.elapsed(now)
        job = CustomJob(self.sent)
        job.state = getattr(JobState, f"JOB_STATE_{script.state_after(elapsed)}")
        job.update_time = self._after(script.changed_after(elapsed))
        started = script.start_of("RUNNING")
        if started is not None and started <= elapsed:
            job.start_time = self._after(started)
        if elapsed >= script.duration:
            job.end_time = self._after(script.duration)
            if script.error:
                code = code_pb2.Code.Value(script.error_code)
                job.error = status_pb2.Status(code=code, message=script.error)
        return job

    def _after(self, seconds: float) -> datetime:
        return self.created + timedelta(seconds=seconds)


class JobService(Service):
    """The custom jobs, region by region."""

    service = "google.cloud.aiplatform.v1.JobService"
    api = "aiplatform.googleapis.com"

    def __init__(
        self,
        project: Project,
        clock: Clock,
        operations: Operations,
        quotas: Quotas,
        accounts: ServiceAccounts,
        registry: Registry,
    ) -> None:
        self._project = project
        self._clock = clock
        self._operations = operations
        self._quotas = quotas
        self._accounts = accounts
        self._registry = registry
        self._counter = itertools.count(_FIRST_ID)
        self._jobs: dict[str, RunningJob] = {}
        self.script = JobScript()

    def jobs(self) -> Iterator[RunningJob]:
        """Return the jobs, the oldest first."""
        yield from self._jobs.values()

    @rpc(
        "aiplatform.customJobs.create",
        "POST /v1/{parent=projects/*/locations/*}/customJobs",
        body="custom_job",
    )
    def create_custom_job(self, request: CreateCustomJobRequest) -> CustomJob:
        """Take a job, and let it go as the script says."""
        self._check_location(self._project.parse(_PARENT, request.parent)["location"])
        check_job(request.custom_job)
        if account := request.custom_job.job_spec.service_account:
            self._accounts.check_act_as(account)
        region = self._project.parse(_PARENT, request.parent)["location"]
        now = self._clock.now()
        live = [job.sent for job in self._in(region) if job.is_live(now)]
        self._quotas.check_jobs([*live, request.custom_job], region)
        sent = CustomJob(
            display_name=request.custom_job.display_name,
            job_spec=request.custom_job.job_spec,
            labels=dict(request.custom_job.labels),
            encryption_spec=request.custom_job.encryption_spec or None,
            create_time=now,
        )
        job = RunningJob(str(next(self._counter)), sent, self._script_for(sent), now)
        location = f"projects/{self._project.number}/locations/{region}"
        sent.name = f"{location}/customJobs/{job.id}"
        self._jobs[job.id] = job
        return job.at(now)

    @rpc("aiplatform.customJobs.get", "GET /v1/{name=projects/*/locations/*/customJobs/*}")
    def get_custom_job(self, request: GetCustomJobRequest) -> CustomJob:
        """Give a job as it is now."""
        return self._find(request.name).at(self._clock.now())

    @rpc("aiplatform.customJobs.list", "GET /v1/{parent=projects/*/locations/*}/customJobs")
    def list_custom_jobs(self, request: ListCustomJobsRequest) -> ListCustomJobsResponse:
        """List the jobs that pass the filter, the newest first."""
        region = self._project.parse(_PARENT, request.parent)["location"]
        self._check_location(region)
        passes = parse_filter(request.filter)
        now = self._clock.now()
        jobs = [job.at(now) for job in reversed(self._in(region))]
        page = cut_page(
            [job for job in jobs if passes(to_protobuf(job))],
            size=request.page_size,
            token=request.page_token,
            query=request.filter,
            key=lambda job: str(job.name),
        )
        return ListCustomJobsResponse(custom_jobs=page.items, next_page_token=page.next_token)

    @rpc(
        "aiplatform.customJobs.cancel",
        "POST /v1/{name=projects/*/locations/*/customJobs/*}:cancel",
        body="*",
    )
    def cancel_custom_job(self, request: CancelCustomJobRequest) -> empty_pb2.Empty:
        """Begin to cancel a job."""
        job = self._find(request.name)
        now = self._clock.now()
        elapsed = job.elapsed(now)
        state = job.script.state_after(elapsed)
        if state in _FINAL:
            raise self._wrong_state(job, now, "cancelled")
        if state != "CANCELLING":
            ending = (("CANCELLING", _SECONDS_OF_CANCELLING),) if state == "RUNNING" else ()
            job.script = job.script.cut_after(elapsed, ending, "CANCELLED", "Job is cancelled.")
            job.script = replace(job.script, error_code="CANCELLED")
        return empty_pb2.Empty()

    @rpc("aiplatform.customJobs.delete", "DELETE /v1/{name=projects/*/locations/*/customJobs/*}")
    def delete_custom_job(self, request: DeleteCustomJobRequest) -> operations_pb2.Operation:
        """Delete a job that has come to its end."""
        job = self._find(request.name)
        now = self._clock.now()
        if job.is_live(now):
            raise self._wrong_state(job, now, "deleted")
        del self._jobs[job.id]
        name = f"{job.sent.name.partition('/customJobs/')[0]}/operations/{next(self._counter)}"
        return self._operations.add_done(name, DeleteOperationMetadata(), empty_pb2.Empty())

    def _script_for(self, job: CustomJob) -> JobScript:
        """Return the script, which ends where an image would have been pulled that is not there."""
        for pool in job.job_spec.worker_pool_specs:
            image = pool.container_spec.image_uri
            if not self._registry.can_pull(image):
                started = self.script.start_of("RUNNING") or 0
                error = f"The container image {image} was not found."
                script = self.script.cut_after(started, (), "FAILED", error)
                return replace(script, error_code="NOT_FOUND")
        return self.script

    def _in(self, region: str) -> list[RunningJob]:
        return [job for job in self._jobs.values() if f"/locations/{region}/" in job.sent.name]

    def _find(self, name: str) -> RunningJob:
        parts = self._project.parse(_NAME, name)
        self._check_location(parts["location"])
        if parts["job"] not in {job.id for job in self._in(parts["location"])}:
            raise not_found(f"The CustomJob {name} does not exist.")
        return self._jobs[parts["job"]]

    def _check_location(self, location: str) -> None:
        if location not in self._project.job_regions:
            raise invalid(
                f"The location `{location}` is none of {', '.join(self._project.job_regions)}."
            )

    def _wrong_state(self, job: RunningJob, now: datetime, done: str) -> ApiError:
        state = job.at(now).state.name
        return ApiError(
            "FAILED_PRECONDITION", f"The CustomJob {job.sent.name} is {state} and cannot be {done}."
        )
