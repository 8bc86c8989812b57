"""One build on its way: what it is at a time, and what it has logged by then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.api import monitored_resource_pb2
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOptions, BuiltImage, Results
from google.cloud.logging_v2.types import LogEntry
from google.logging.type import log_severity_pb2

from fake_google_cloud.scripts import BuildScript, LogLine

FINAL = ("SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED")
_NOT_IN_CLOUD_LOGGING = (BuildOptions.LoggingMode.GCS_ONLY, BuildOptions.LoggingMode.NONE)


@dataclass
class RunningBuild:
    """A build as it was sent, and the script that it follows."""

    sent: Build
    script: BuildScript
    location: str
    settled: bool = False
    """Whether its images and its whole log are where they belong."""

    @property
    def id(self) -> str:
        """The build's id."""
        return str(self.sent.id)

    def elapsed(self, now: datetime) -> float:
        """Return the seconds since the build was created."""
        seconds: float = (now - self.sent.create_time).total_seconds()
        return seconds

    def at(self, now: datetime) -> Build:
        """Return the build as it is at a time."""
        elapsed = self.elapsed(now)
        build = Build(self.sent)
        build.status = getattr(Build.Status, self.script.state_after(elapsed))
        started = self.script.start_of("WORKING")
        if started is not None and started <= elapsed:
            build.start_time = self._after(started)
        for step in build.steps:
            step.status = build.status
        if elapsed >= self.script.duration:
            build.finish_time = self._after(self.script.duration)
            build.status_detail = self.script.error
            if build.status == Build.Status.FAILURE:
                kind = getattr(Build.FailureInfo.FailureType, self.script.failure)
                build.failure_info = Build.FailureInfo(type_=kind, detail=self.script.error)
            if build.status == Build.Status.SUCCESS:
                build.results = Results(
                    images=[
                        BuiltImage(name=name, digest=self._digest(name))
                        for image in build.images
                        for name in _pushed_names(image)
                    ]
                )
        return build

    def log(self, now: datetime) -> list[LogLine]:
        """Return what the build has logged by a time."""
        script = self.script
        started = script.start_of("WORKING") or 0
        last = f"ERROR: {script.error}" if script.error else "DONE"
        lines = [
            LogLine(started, f'starting build "{self.id}"'),
            *script.logs,
            LogLine(script.duration, last),
        ]
        return [line for line in lines if line.after <= self.elapsed(now)]

    def log_text(self, now: datetime) -> str:
        """Return the log file as it is at a time."""
        return "".join(f"{line.message}\n" for line in self.log(now))

    def _after(self, seconds: float) -> datetime:
        moment: datetime = self.sent.create_time + timedelta(seconds=seconds)
        return moment

    def _digest(self, image: str) -> str:
        """Give the tags of one image the same digest."""
        name = image.rpartition("/")[2].partition(":")[0]
        return f"sha256:{hashlib.sha256(f'{self.id} {name}'.encode()).hexdigest()}"


def _pushed_names(image: str) -> tuple[str, ...]:
    """Return the names that a push gives an image: one without a tag becomes `latest` as well."""
    tagged = ":" in image.rpartition("/")[2]  # a digest has a colon, too
    return (image,) if tagged else (image, f"{image}:latest")


def log_entries(running: RunningBuild, now: datetime) -> Iterator[LogEntry]:
    """Return what Cloud Logging shows of a build by a time."""
    build = running.sent
    if build.options.logging in _NOT_IN_CLOUD_LOGGING:
        return
    labels = {"build_id": running.id, "project_id": build.project_id, "build_trigger_id": ""}
    for index, line in enumerate(running.log(now)):
        yield LogEntry(
            log_name=f"projects/{build.project_id}/logs/cloudbuild",
            resource=monitored_resource_pb2.MonitoredResource(type="build", labels=labels),
            severity=log_severity_pb2.LogSeverity.Value(line.severity),
            insert_id=f"{running.id}-{index}",
            timestamp=build.create_time + timedelta(seconds=line.after),
            text_payload=line.message,
        )
