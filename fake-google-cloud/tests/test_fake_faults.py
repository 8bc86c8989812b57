from __future__ import annotations

import time

import pytest
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import InvalidOperation
from google.cloud import storage
from google.cloud.aiplatform_v1 import JobServiceClient
from google.protobuf import json_format

from fake_google_cloud import FakeCloud

PARENT = "projects/my-project-1/locations/europe-west1"
JOB = {
    "display_name": "x",
    "job_spec": {
        "worker_pool_specs": [
            {
                "machine_spec": {"machine_type": "n1-standard-4"},
                "container_spec": {
                    "image_uri": "a/b",
                    "env": [{"name": "KEY", "value": "in-plain-sight"}],
                },
            }
        ]
    },
}


@pytest.fixture
def jobs(connect):
    return connect(JobServiceClient)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unavailable", exceptions.ServiceUnavailable),
        ("deadline", exceptions.GatewayTimeout),
        ("resource_exhausted", exceptions.TooManyRequests),
        ("permission_denied", exceptions.Forbidden),
        ("unauthenticated", (exceptions.Unauthorized, InvalidOperation)),
        ("not_found", exceptions.NotFound),
        ("internal", exceptions.InternalServerError),
    ],
)
def test_a_call_is_refused_as_often_as_ordered(cloud, jobs, kind, error):
    cloud.fail("CreateCustomJob", kind, times=2)

    for _ in range(2):
        with pytest.raises(error):
            jobs.create_custom_job(parent=PARENT, custom_job=JOB)

    jobs.create_custom_job(parent=PARENT, custom_job=JOB)
    assert len(list(jobs.list_custom_jobs(parent=PARENT))) == 1


def test_an_answer_that_is_lost_leaves_the_call_done(cloud, jobs):
    cloud.fail("CreateCustomJob", "answer_lost")

    with pytest.raises(requests.ConnectionError):
        jobs.create_custom_job(parent=PARENT, custom_job=JOB)

    assert len(list(jobs.list_custom_jobs(parent=PARENT))) == 1


def test_a_slow_answer_comes_late(cloud, jobs):
    cloud.fail("ListCustomJobs", "slow", seconds=0.3)
    began = time.monotonic()

    assert list(jobs.list_custom_jobs(parent=PARENT)) == []

    assert time.monotonic() - began >= 0.3


def test_a_slow_answer_does_not_keep_others_waiting(cloud, jobs, connect):
    cloud.fail("ListCustomJobs", "slow", seconds=60)

    with pytest.raises(requests.ReadTimeout):
        jobs.list_custom_jobs(parent=PARENT, timeout=0.1)

    assert list(jobs.list_custom_jobs(parent=PARENT)) == []


def test_garbage_is_no_answer(cloud, jobs):
    cloud.fail("ListCustomJobs", "garbage")

    with pytest.raises(json_format.ParseError):
        jobs.list_custom_jobs(parent=PARENT)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unavailable", exceptions.ServiceUnavailable),
        ("permission_denied", exceptions.Forbidden),
        ("answer_lost", requests.ConnectionError),
    ],
)
def test_the_storage_goes_wrong_too(cloud, kind, error):
    cloud.fail("storage.objects.insert", kind)
    client = storage.Client(
        project="my-project-1",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": cloud.url},
    )

    with pytest.raises(error):
        client.bucket("tickets").blob("x").upload_from_string("x", retry=None)
    client.close()

    assert list(cloud.read_objects("tickets")) == (["x"] if kind == "answer_lost" else [])


@pytest.mark.parametrize(("method", "kind"), [("CreateJob", "slow"), ("CreateCustomJob", "odd")])
def test_a_fault_that_could_never_come_is_not_accepted(cloud, method, kind):
    with pytest.raises(ValueError, match="there are"):
        cloud.fail(method, kind)


def test_a_method_of_several_services_goes_wrong_in_one(cloud):
    cloud.fail("Projects.TestIamPermissions", "internal")
    body = {"permissions": ["a.b.c"]}
    account = "v1/projects/-/serviceAccounts/trainer@my-project-1.iam.gserviceaccount.com"

    statuses = [
        requests.post(f"{cloud.url}/{path}:testIamPermissions", json=body, timeout=5).status_code
        for path in (account, "v3/projects/my-project-1")
    ]

    assert statuses == [200, 500]


def test_every_request_is_kept_with_what_it_said(cloud, jobs):
    jobs.create_custom_job(parent=PARENT, custom_job=JOB, metadata=[("x-note", "by-hand")])

    (request,) = cloud.requests

    assert request.method == "CreateCustomJob"
    assert "in-plain-sight" in request.body
    assert request.headers["x-note"] == "by-hand"
    assert "customJobs" in request.path


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("customJobs", {"displayname": "x"}, "Unknown name \"displayname\" at 'custom_job'"),
        (
            "customJobs",
            {"jobSpec": {"scheduling": {"strategy": "SPOTT"}}},
            "Invalid value at 'custom_job.job_spec.scheduling.strategy'",
        ),
        ("customJobs?force=true", {}, 'Unknown name "force": Cannot find field'),
        ("customJobs", [], "Root element must be a message"),
        ("customJobs", {"displayName": 5}, "Invalid JSON payload"),
    ],
)
def test_a_request_that_is_no_message_of_the_api_is_refused(cloud, path, body, message):
    refused = requests.post(f"{cloud.url}/v1/{PARENT}/{path}", json=body, timeout=5)

    assert refused.status_code == 400
    error = refused.json()["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert message in error["message"]


def test_a_url_that_leads_nowhere_is_not_found(cloud):
    assert requests.get(f"{cloud.url}/v1/nothing", timeout=5).status_code == 404


def test_the_clock_can_follow_the_wall_clock_faster():
    with FakeCloud(speed=1000) as cloud:
        began, real = cloud.clock.now(), time.monotonic()
        while (cloud.clock.now() - began).total_seconds() < 10:
            assert time.monotonic() - real < 5


def test_a_new_project_has_nothing_enabled_that_costs():
    with FakeCloud() as cloud:
        refused = requests.get(
            f"{cloud.url}/v1/projects/my-project/locations/europe-west1/customJobs", timeout=5
        )

    assert refused.status_code == 403
    assert refused.json()["error"]["details"][0]["reason"] == "SERVICE_DISABLED"
