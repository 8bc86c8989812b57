from __future__ import annotations

import pytest
import requests
from google.api_core import exceptions
from google.cloud.aiplatform_v1 import JobServiceClient
from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

from fake_google_cloud import JobScript, LogLine

PROJECT = "projects/my-project-1"
LINES = (
    LogLine(2, "starting"),
    LogLine(2.5, "step 1", replica="workerpool1-0"),
    LogLine(3, "loss is nan", severity="ERROR", as_text=True),
)


@pytest.fixture
def logs(connect):
    return connect(LoggingServiceV2Client, "grpc")


@pytest.fixture
def run_job(cloud, connect):
    """Runs a job that logs some lines, and returns the filter for them."""

    def run(*lines):
        cloud.script_jobs(JobScript(logs=lines))
        pool = {
            "machine_spec": {"machine_type": "n1-standard-4"},
            "container_spec": {"image_uri": "a/b"},
        }
        job = connect(JobServiceClient).create_custom_job(
            parent=f"{PROJECT}/locations/europe-west1",
            custom_job={"display_name": "x", "job_spec": {"worker_pool_specs": [pool]}},
        )
        identifier = job.name.rpartition("/")[2]
        return f'resource.type="ml_job" AND resource.labels.job_id="{identifier}"'

    return run


def listed(logs, wanted, order="timestamp asc", **fields):
    request = {"resource_names": [PROJECT], "filter": wanted, "order_by": order, **fields}
    return list(logs.list_log_entries(request=request))


def text(entry):
    return entry.text_payload or entry.json_payload["message"]


def test_entries_appear_as_the_job_goes(cloud, logs, run_job):
    wanted = run_job(*LINES)
    assert listed(logs, wanted) == []

    cloud.clock.advance(2.5)
    assert [text(entry) for entry in listed(logs, wanted)] == ["starting", "step 1"]

    cloud.clock.advance(1)
    assert [text(entry) for entry in listed(logs, wanted)] == ["starting", "step 1", "loss is nan"]


def test_an_entry_tells_its_replica_and_severity(cloud, logs, run_job):
    wanted = run_job(*LINES)
    cloud.clock.advance(4)

    _, second, third = listed(logs, wanted)

    assert second.resource.labels["task_name"] == "workerpool1-0"
    assert third.severity == 500  # ERROR
    assert third.text_payload == "loss is nan"


def test_entries_are_listed_backwards_and_by_page(cloud, logs, run_job):
    wanted = run_job(*LINES)
    cloud.clock.advance(4)

    backwards = listed(logs, wanted, "timestamp desc", page_size=1)

    assert [text(entry) for entry in backwards] == ["loss is nan", "step 1", "starting"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ('timestamp>="{second}"', ["step 1", "loss is nan"]),
        ('timestamp>"{second}"', ["loss is nan"]),
        ("severity>=ERROR", ["loss is nan"]),
        ('resource.labels.task_name="workerpool1-0"', ["step 1"]),
        ('jsonPayload.message:"STEP"', ["step 1"]),
        ('textPayload=~"nan$"', ["loss is nan"]),
        ('NOT severity="ERROR" timestamp>"{first}"', ["step 1"]),
        (
            'labels."ml.googleapis.com/job_id/log_area"="root"',
            ["starting", "step 1", "loss is nan"],
        ),
        ('insertId>"{first_id}"', ["step 1", "loss is nan"]),
    ],
)
def test_entries_are_listed_by_filter(cloud, logs, run_job, more, found):
    wanted = run_job(*LINES)
    cloud.clock.advance(4)
    first, second, _ = listed(logs, wanted)

    more = more.format(
        first=first.timestamp.rfc3339(),
        second=second.timestamp.rfc3339(),
        first_id=first.insert_id,
    )

    assert [text(entry) for entry in listed(logs, f"{wanted} AND {more}")] == found


def test_entries_are_listed_over_rest_as_gcloud_asks_for_them(cloud, run_job):
    wanted = run_job(*LINES)
    cloud.clock.advance(4)
    body = {
        "resourceNames": [PROJECT],
        "filter": wanted,
        "orderBy": "timestamp desc",
        "pageSize": 1,
    }

    listed = requests.post(f"{cloud.url}/v2/entries:list", json=body, timeout=5).json()

    (entry,) = listed["entries"]
    assert (entry["severity"], entry["textPayload"]) == ("ERROR", "loss is nan")
    assert listed["nextPageToken"]


def test_an_entry_may_come_late(cloud, logs, run_job):
    wanted = run_job(LogLine(1, "late", delay=5), LogLine(2, "in time"))
    cloud.clock.advance(3)
    assert [text(entry) for entry in listed(logs, wanted)] == ["in time"]

    cloud.clock.advance(3)
    assert [text(entry) for entry in listed(logs, wanted)] == ["late", "in time"]


def test_entries_of_one_moment_have_an_order_and_each_its_own_id(cloud, logs, run_job):
    wanted = run_job(*(LogLine(1, f"line {number}") for number in range(12)))
    cloud.clock.advance(1)

    entries = listed(logs, wanted, page_size=5)

    assert [text(entry) for entry in entries] == [f"line {number}" for number in range(12)]
    assert len({entry.insert_id for entry in entries}) == 12


def test_the_log_of_a_build_is_found_too(cloud, logs, connect):
    build = {"steps": [{"name": "bash"}], "options": {"logging": "CLOUD_LOGGING_ONLY"}}
    operation = connect(CloudBuildClient).create_build(project_id="my-project-1", build=build)
    cloud.clock.advance(3)

    identifier = operation.metadata.build.id
    entries = listed(logs, f'resource.type="build" AND resource.labels.build_id="{identifier}"')

    assert [text(entry) for entry in entries] == [f'starting build "{identifier}"', "DONE"]
    assert not operation.metadata.build.logs_bucket


@pytest.mark.parametrize(
    "wrong",
    [
        {"order_by": "severity"},
        {"filter": "resource.kind=x"},
        {"filter": 'timestamp>"yesterday"'},
        {"filter": "hello"},
        {"resource_names": []},
    ],
)
def test_a_malformed_request_is_refused(cloud, logs, run_job, wrong):
    run_job(*LINES)
    cloud.clock.advance(4)

    with pytest.raises(exceptions.InvalidArgument):
        list(logs.list_log_entries(request={"resource_names": [PROJECT], **wrong}))
