from __future__ import annotations

import pytest
import requests
from google.cloud.aiplatform_v1 import JobServiceClient
from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient

from fake_google_cloud import JobScript, LogLine

PROJECT = "projects/my-project-1"
LINES = (
    LogLine(2, "starting"),
    LogLine(2.5, "step 1", replica="workerpool1-0"),
    LogLine(3, "loss is nan", severity="ERROR", as_text=True),
)


@pytest.fixture
def logs(cloud):
    """List entries as REST has them: Google's own client of this service speaks only gRPC."""

    def ask(**request):
        answered = requests.post(f"{cloud.url}/v2/entries:list", json=request, timeout=5)
        answered.raise_for_status()
        return answered.json()

    return ask


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
    request = {"resourceNames": [PROJECT], "filter": wanted, "orderBy": order, **fields}
    page = logs(**request)
    entries = page["entries"]
    while token := page.get("nextPageToken"):
        page = logs(**request, pageToken=token)
        entries += page["entries"]
    return entries


def text(entry):
    return entry.get("textPayload") or entry["jsonPayload"]["message"]


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

    assert second["resource"]["labels"]["task_name"] == "workerpool1-0"
    assert third["severity"] == "ERROR"
    assert third["textPayload"] == "loss is nan"


def test_entries_are_listed_backwards_and_by_page(cloud, logs, run_job):
    wanted = run_job(*LINES)
    cloud.clock.advance(4)

    backwards = listed(logs, wanted, "timestamp desc", pageSize=1)

    assert [text(entry) for entry in backwards] == ["loss is nan", "step 1", "starting"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ('timestamp>="{second}"', ["step 1", "loss is nan"]),
        ('timestamp>"{second}"', ["loss is nan"]),
        ("severity>=ERROR", ["loss is nan"]),
        ('resource.labels.task_name="workerpool1-0"', ["step 1"]),
        ('jsonPayload.message:"STEP"', ["step 1"]),
        ('textPayload:"NAN"', ["loss is nan"]),
        ('NOT severity="ERROR" timestamp>"{first}"', ["step 1"]),
        ('insertId>"{first_id}"', ["step 1", "loss is nan"]),
    ],
)
def test_entries_are_listed_by_filter(cloud, logs, run_job, more, found):
    wanted = run_job(*LINES)
    cloud.clock.advance(4)
    first, second, _ = listed(logs, wanted)

    more = more.format(
        first=first["timestamp"],
        second=second["timestamp"],
        first_id=first["insertId"],
    )

    assert [text(entry) for entry in listed(logs, f"{wanted} AND {more}")] == found


def test_an_entry_may_come_late(cloud, logs, run_job):
    wanted = run_job(LogLine(1, "late", delay=5), LogLine(2, "in time"))
    cloud.clock.advance(3)
    assert [text(entry) for entry in listed(logs, wanted)] == ["in time"]

    cloud.clock.advance(3)
    assert [text(entry) for entry in listed(logs, wanted)] == ["late", "in time"]


def test_entries_of_one_moment_have_an_order_and_each_its_own_id(cloud, logs, run_job):
    wanted = run_job(*(LogLine(1, f"line {number}") for number in range(12)))
    cloud.clock.advance(1)

    entries = listed(logs, wanted, pageSize=5)

    assert [text(entry) for entry in entries] == [f"line {number}" for number in range(12)]
    assert len({entry["insertId"] for entry in entries}) == 12


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
        {"orderBy": "severity"},
        {"filter": "resource.kind=x"},
        {"filter": 'timestamp>"yesterday"'},
        {"filter": "hello"},
        {"resourceNames": []},
    ],
)
def test_a_malformed_request_is_refused(cloud, logs, run_job, wrong):
    run_job(*LINES)
    cloud.clock.advance(4)

    with pytest.raises(requests.HTTPError, match="400"):
        logs(**{"resourceNames": [PROJECT], **wrong})
