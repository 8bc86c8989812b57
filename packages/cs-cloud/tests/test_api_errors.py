from __future__ import annotations

import pytest
from google.api_core import exceptions as api
from google.api_core.retry import Retry
from google.auth import exceptions as auth

from cs_cloud import CloudError
from cs_cloud.google.api_errors import RETRY, explained, is_transient
from cs_cloud.google.clients import Clients

PARENT = "projects/my-project-1/locations/europe-west1"


def said(call, doing="listing the jobs"):
    """What a call that goes wrong is explained by, which must be one line."""
    with pytest.raises(CloudError) as caught, explained(doing):
        call()
    text = str(caught.value)
    assert text.startswith(f"{doing}: ")
    assert "\n" not in text
    return text.removeprefix(f"{doing}: ")


@pytest.fixture
def list_jobs(clients):
    return lambda: list(
        clients.jobs("europe-west1").list_custom_jobs(parent=PARENT, retry=None, timeout=5)
    )


@pytest.mark.parametrize(
    ("fault", "words", "fix"),
    [
        ("unauthenticated", "the credentials are refused", "gcloud auth application-default login"),
        ("permission_denied", "not permitted: The caller does not", "gcloud auth list"),
        ("not_found", "is not there: Requested entity was not found", "check the name"),
        ("resource_exhausted", "a quota is used up: Resource has been", "iam-admin/quotas"),
        ("unavailable", "the service is not available (The service is", "try again in a minute"),
        ("internal", "the service is not available (Internal error", "status.cloud.google.com"),
        ("deadline", "no answer in time (Deadline expired", "try again in a minute"),
        ("answer_lost", "cannot be reached (", "check the network, the VPN and the proxy"),
        ("garbage", "the answer is not one of Google's", "a network's page for logging in"),
    ],
)
def test_a_fault_is_one_line_with_a_fix(cloud, list_jobs, fault, words, fix):
    cloud.fail("ListCustomJobs", fault)

    line = said(list_jobs)

    assert line.startswith(words)
    assert fix in line
    assert "http://127.0.0.1" not in line


def test_a_denied_permission_is_reported_with_the_command_that_grants_it(cloud, list_jobs):
    cloud.deny("aiplatform.customJobs.list")

    assert said(list_jobs) == (
        "needs the permission aiplatform.customJobs.list, which is in the role"
        " roles/aiplatform.user; have an owner of the project run:"
        " gcloud projects add-iam-policy-binding my-project-1"
        " --member=user:YOUR-E-MAIL --role=roles/aiplatform.user"
    )


def test_a_disabled_api_is_reported_with_the_command_that_enables_it(cloud, list_jobs):
    cloud.disable("aiplatform.googleapis.com")

    assert said(list_jobs).startswith(
        "aiplatform.googleapis.com is not enabled; run:"
        " gcloud services enable aiplatform.googleapis.com --project="
    )


def test_a_permission_that_only_the_text_names_is_found(cloud, clients):
    cloud.deny("storage.objects.get")

    line = said(lambda: clients.storage.bucket("tickets").blob("x").download_as_bytes(retry=None))

    assert "needs the permission storage.objects.get" in line
    assert "roles/storage.objectViewer" in line


@pytest.mark.parametrize("fault", ["garbage", "unavailable"])
def test_every_client_is_explained(cloud, clients, fault):
    cloud.fail("ListLogEntries", fault)
    cloud.fail("storage.buckets.get", fault)

    assert said(lambda: clients.logs.post("entries:list", {}, timeout=5))
    assert said(lambda: clients.storage.get_bucket("tickets", retry=None))


def test_a_closed_port_is_reported_by_its_reason():
    clients = Clients("my-project-1", {"CS_CLOUD_ENDPOINT": "http://127.0.0.1:9"})

    line = said(lambda: clients.jobs("europe-west1").get_custom_job(name=f"{PARENT}/customJobs/1"))

    assert line == (
        "cannot be reached (Connection refused); check the network, the VPN and the proxy"
    )


def test_a_local_server_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("CS_CLOUD_ENDPOINT", "http://127.0.0.1:9")
    clients = Clients("my-project-1")

    line = said(
        lambda: clients.jobs("europe-west1").get_custom_job(
            name=f"{PARENT}/customJobs/1", retry=None
        )
    )

    assert line == (
        "cannot be reached (Connection refused); start the server at http://127.0.0.1:9, or unset "
        "CS_CLOUD_ENDPOINT"
    )


def test_an_answer_that_does_not_come_is_reported(cloud, clients):
    cloud.fail("ListCustomJobs", "slow", seconds=5)

    line = said(
        lambda: clients.jobs("europe-west1").list_custom_jobs(
            parent=PARENT, retry=None, timeout=0.1
        )
    )

    assert line.startswith("no answer in time (")


def test_what_several_attempts_met_is_reported_and_not_that_there_were_several(cloud, list_jobs):
    cloud.fail("ListCustomJobs", "unavailable", times=1000)
    impatient = Retry(predicate=is_transient, initial=0.01, maximum=0.01, timeout=0.1)

    assert said(impatient(list_jobs)).startswith("the service is not available (The service is")


def test_credentials_that_have_run_out_are_reported():
    def refresh():
        raise auth.RefreshError("invalid_grant: Token has been expired or revoked.")

    assert said(refresh) == (
        "the credentials are refused (invalid_grant: Token has been expired or revoked);"
        " run: gcloud auth application-default login"
    )


def test_what_is_not_of_googles_clients_is_left_alone():
    with pytest.raises(ZeroDivisionError), explained("dividing"):
        raise ZeroDivisionError


def test_only_what_may_pass_is_tried_again():
    attempts = []

    def fail_with(error):
        def call():
            attempts.append(error)
            if len(attempts) < 3:
                raise error
            return "answered"

        attempts.clear()
        return call

    quick = RETRY.with_delay(initial=0.001)
    for error in (api.ServiceUnavailable(""), api.TooManyRequests(""), api.BadGateway("")):
        assert quick(fail_with(error))() == "answered"
    for error in (api.Forbidden(""), api.BadRequest(""), api.NotFound(""), api.Conflict("")):
        with pytest.raises(type(error)):
            quick(fail_with(error))()
        assert len(attempts) == 1
