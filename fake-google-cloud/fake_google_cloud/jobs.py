"""Vertex AI's custom jobs, which go as their scripts say, and what their replicas log."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from fake_google_cloud.errors import CODES, ApiError, invalid, not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.job_checks import check_job
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Json, Project
from fake_google_cloud.resources import Resources
from fake_google_cloud.rpc import Service, rpc
from fake_google_cloud.scripts import JobScript, Running

_FIRST_ID = 4_600_000_000_000_000_000  # ids have 19 digits
_SECONDS_OF_CANCELLING = 2
_Job: TypeAlias = Running[JobScript]


class Jobs(Service):
    """The custom jobs, region by region."""

    client = "google.cloud.aiplatform_v1.services.job_service.JobServiceClient"

    def __init__(self, project: Project, resources: Resources) -> None:
        super().__init__(project)
        self._resources = resources
        self._ids = itertools.count(_FIRST_ID)
        self._jobs: dict[str, _Job] = {}
        """Jobs by what follows the project in their names."""
        self._script = JobScript()

    def script_jobs(self, script: JobScript) -> None:
        """Say how the jobs go that are created from now on."""
        self._script = script

    def fail_job(self, job: str = "", status: float = 1) -> None:
        """Let the program of a running job exit now with a status: by default the newest job's.

        Raises:
            ValueError: no job of this id is running.
        """
        now = self.project.clock.now()
        live = [each for each in self._jobs.values() if not each.is_over(now)]
        found = [each for each in live if job in ("", each.id)]
        if not found:
            raise ValueError(f"no job {job} is running" if job else "no job is running")
        failing = JobScript.failing(int(status))
        cut = found[-1].script.cut_after(found[-1].elapsed(now), "FAILED", failing.error)
        found[-1].script = replace(cut, error_code=failing.error_code)

    @rpc("aiplatform.customJobs.create")
    def create_custom_job(self, request: Json) -> Json:
        """Take a job, and let it go as the script says."""
        region, job, now = self._region(request["parent"]), request["customJob"], self._now()
        check_job(job)
        if account := job["jobSpec"].get("serviceAccount"):
            self.project.check_act_as(account)
        live = [each.sent for each in self._in(region) if not each.is_over(now)]
        self._resources.check_quota([*live, job], region)
        identifier = str(next(self._ids))
        name = f"locations/{region}/customJobs/{identifier}"
        sent = {"name": f"projects/{self.project.number}/{name}", **job}
        running = self._jobs[name] = _Job(identifier, sent, self._script_for(job), now)
        sent["createTime"] = running.at(0)
        return _shown(running, now)

    @rpc("aiplatform.customJobs.get")
    def get_custom_job(self, request: Json) -> Json:
        """Return a job as it is now."""
        return _shown(self._find(request["name"]), self._now())

    @rpc("aiplatform.customJobs.list")
    def list_custom_jobs(self, request: Json) -> Json:
        """Return the jobs that pass the filter, the newest first."""
        jobs, now = self._in(self._region(request["parent"])), self._now()
        passes = parse_filter(request.get("filter", ""), "google.cloud.aiplatform.v1.CustomJob")
        listed = [shown for job in reversed(jobs) if passes(shown := _shown(job, now))]
        return page_of("customJobs", listed, request)

    @rpc("aiplatform.customJobs.cancel")
    def cancel_custom_job(self, request: Json) -> Json:
        """Begin to cancel a job."""
        job, now = self._find(request["name"]), self._now()
        state = job.state(now)
        if job.is_over(now):
            named = f"The CustomJob {job.sent['name']} is JOB_STATE_{state}"
            raise ApiError("FAILED_PRECONDITION", f"{named} and cannot be cancelled.")
        if state != "CANCELLING":
            ending = [("CANCELLING", _SECONDS_OF_CANCELLING)] if state == "RUNNING" else []
            cut = job.script.cut_after(job.elapsed(now), "CANCELLED", "Job is cancelled.", *ending)
            job.script = replace(cut, error_code="CANCELLED")
        return {}

    def log_entries(self) -> Iterator[Json]:
        """Return what Cloud Logging shows of the jobs by now."""
        project, now = self.project.id, self._now()
        for job in self._jobs.values():
            for index, line in enumerate(job.script.logs):
                if job.elapsed(now) < line.after + line.delay:
                    continue
                labels = {"job_id": job.id, "project_id": project, "task_name": line.replica}
                log = f"projects/{project}/logs/{line.replica}"
                yield job.log_entry(line, index, log, type="ml_job", labels=labels)

    def _now(self) -> datetime:
        return self.project.clock.now()

    def _script_for(self, job: Json) -> JobScript:
        """Return the script, which ends where an image would have been pulled that is not there."""
        for pool in job["jobSpec"]["workerPoolSpecs"]:
            image = pool.get("containerSpec", {}).get("imageUri", "")
            if not self._resources.can_pull(image):
                started = self._script.start_of("RUNNING") or 0
                error = f"The container image {image} was not found."
                cut = self._script.cut_after(started, "FAILED", error)
                return replace(cut, error_code="NOT_FOUND")
        return self._script

    def _in(self, region: str) -> list[_Job]:
        return [job for name, job in self._jobs.items() if name.startswith(f"locations/{region}/")]

    def _find(self, full_name: str) -> _Job:
        self._region(full_name)
        if (name := self.project.name(full_name)) not in self._jobs:
            raise not_found(f"The CustomJob {full_name} does not exist.")
        return self._jobs[name]

    def _region(self, full_name: str) -> str:
        region, regions = self.project.location(full_name), self.project.job_regions
        if region not in regions:
            raise invalid(f"The location `{region}` is none of {', '.join(regions)}.")
        return region


def _shown(job: _Job, now: datetime) -> Json:
    """Return a job as it is at a time."""
    began = max(at for at, _ in job.script.starts if at <= job.elapsed(now))
    shown = job.sent | {"state": f"JOB_STATE_{job.state(now)}", "updateTime": job.at(began)}
    shown |= job.times(now, "RUNNING", "startTime", "endTime")
    if job.is_over(now) and job.script.error:
        shown["error"] = {"code": CODES[job.script.error_code][0], "message": job.script.error}
    return shown
