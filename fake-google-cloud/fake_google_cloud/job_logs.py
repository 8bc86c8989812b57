"""Makes log entries of what the replicas of jobs log, as Vertex AI hands it to Cloud Logging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from google.api import monitored_resource_pb2
from google.cloud.logging_v2.types import LogEntry
from google.logging.type import log_severity_pb2
from google.protobuf import struct_pb2

from fake_google_cloud.job_service import RunningJob
from fake_google_cloud.scripts import LogLine


def entries_of(job: RunningJob, project: str, now: datetime) -> Iterator[LogEntry]:
    """Return the entries of a job that Cloud Logging shows by now."""
    for index, line in enumerate(job.script.logs):
        if job.elapsed(now) >= line.after + line.delay:
            yield _entry(job, project, index, line)


def _entry(job: RunningJob, project: str, index: int, line: LogLine) -> LogEntry:
    labels = {"job_id": job.id, "project_id": project, "task_name": line.replica}
    entry = LogEntry(
        log_name=f"projects/{project}/logs/{line.replica}",
        resource=monitored_resource_pb2.MonitoredResource(type="ml_job", labels=labels),
        labels={
            "ml.googleapis.com/job_id/log_area": "root",
            "ml.googleapis.com/trial_id": "",
            "ml.googleapis.com/endpoint": "",
        },
        severity=log_severity_pb2.LogSeverity.Value(line.severity),
        insert_id=f"{job.id}-{index:06}",
        timestamp=job.created + timedelta(seconds=line.after),
        receive_timestamp=job.created + timedelta(seconds=line.after + line.delay),
    )
    if line.as_text:
        entry.text_payload = line.message
    else:
        payload = struct_pb2.Struct()
        payload.update({"message": line.message, **dict(line.fields)})
        entry.json_payload = payload
    return entry
