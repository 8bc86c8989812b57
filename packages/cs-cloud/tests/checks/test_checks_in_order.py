from __future__ import annotations

import time

import pytest

from fake_google_cloud import FakeCloud

ACCOUNT = "trainer@my-project-1.iam.gserviceaccount.com"
NAMES = [
    "credentials",
    "project my-project-1",
    "APIs",
    "creating jobs",
    "image train:latest",
    "secret WANDB_API_KEY",
    "bucket tickets",
    "bucket models",
    "quota T4GPUs",
    "service account",
]


def test_everything_is_ok_where_everything_is_right(run):
    checks = run()

    assert [check.name for check in checks.all] == NAMES
    assert [check for check in checks.all if check.outcome != "ok" or check.fix] == []
    assert checks["bucket tickets"].detail == f"{ACCOUNT} may read it; it is in europe-west1"
    assert checks["quota T4GPUs"].detail == "is 1 in europe-west1, and a job takes 1"


def test_a_job_on_cpus_has_its_quota_checked(run, ready: FakeCloud):
    without = ("      acceleratorType: NVIDIA_TESLA_T4\n      acceleratorCount: 1\n", "")
    ready.set_quota("CustomModelTrainingCPUsPerProjectPerRegion", 4)

    [failed] = run(without).failed

    assert (failed.name, failed.detail) == (
        "quota CPUs",
        "is 4 in europe-west1, but a job takes 8",
    )


def test_nothing_is_changed_and_no_secret_is_read(run, ready: FakeCloud):
    run()

    assert {request.method for request in ready.requests} == {
        "BatchGetServices",
        "GetIamPolicy",
        "GetProject",
        "GetQuotaInfo",
        "GetSecretVersion",
        "GetServiceAccount",
        "GetTag",
        "TestIamPermissions",
        "storage.buckets.get",
        "storage.buckets.getIamPolicy",
    }


def test_a_project_that_is_not_there_is_reported_once(run):
    checks = run(project="gone-project-1")

    [failed] = checks.failed
    assert failed.name == "project gone-project-1"
    assert failed.detail.startswith("is not there, or you may not see it")
    assert failed.fix == "gcloud projects list"
    assert {check.detail for check in checks.unseen} == {"not without the project"}


def test_refused_credentials_are_reported_once(run, ready: FakeCloud):
    for method in ("GetProject", "GetTag", "storage.buckets.getIamPolicy"):
        ready.fail(method, "unauthenticated", times=9)

    checks = run()

    [failed] = checks.failed
    assert failed.name == "credentials"
    assert "refused" in failed.detail
    assert failed.fix == "gcloud auth application-default login"
    assert [check.detail for check in checks.unseen] == ["not without credentials"] * 4


PLACES = [
    ("Projects.GetProject", "project my-project-1"),
    ("BatchGetServices", "APIs"),
    ("GetTag", "image train:latest"),
    ("SecretManagerService.GetIamPolicy", "secret WANDB_API_KEY"),
    ("storage.buckets.get", "bucket tickets"),
    ("storage.buckets.getIamPolicy", "bucket models"),
    ("GetQuotaInfo", "quota T4GPUs"),
    ("GetServiceAccount", "service account"),
]


@pytest.mark.parametrize(("method", "name"), PLACES)
def test_what_gets_no_answer_that_can_be_read_is_not_checked_and_stops_no_other(
    run, ready: FakeCloud, method: str, name: str
):
    ready.fail(method, "garbage", times=99)

    checks = run()

    assert checks.failed == []
    assert name in [check.name for check in checks.unseen]
    assert len(checks.ok) >= len(NAMES) - 2  # there are two buckets


def test_what_gets_no_answer_in_time_is_not_checked_and_stops_no_other(run, ready: FakeCloud):
    slow = {name: method for method, name in PLACES if "bucket" not in name}
    for method in slow.values():
        ready.fail(method, "slow", times=99, seconds=60)

    checks = run(deadline=3)

    assert checks.failed == []
    assert {check.name for check in checks.unseen} >= {*slow}
    assert {"bucket tickets", "bucket models"} <= {check.name for check in checks.ok}


def test_what_stays_unavailable_is_not_checked(run, ready: FakeCloud):
    ready.fail("GetTag", "unavailable", times=99)

    [unseen] = run(deadline=3).unseen

    assert unseen.name == "image train:latest"


@pytest.mark.parametrize("fault", ["unavailable", "internal", "answer_lost"])
def test_what_goes_wrong_once_is_tried_again(run, ready: FakeCloud, fault: str):
    ready.fail("GetTag", fault)

    checks = run()

    assert checks.ok == list(checks.all)


@pytest.mark.parametrize(
    ("api", "names"),
    [
        ("cloudquotas.googleapis.com", ["quota T4GPUs"]),
        ("cloudresourcemanager.googleapis.com", ["project my-project-1", "creating jobs"]),
        ("artifactregistry.googleapis.com", ["image train:latest"]),
    ],
)
def test_a_disabled_api_is_why_what_needs_it_is_not_checked(
    run, ready: FakeCloud, api: str, names: list[str]
):
    ready.disable(api)

    checks = run()

    assert [check.name for check in checks.unseen] == names
    for check in checks.unseen:
        assert f"{api} is not enabled" in check.detail
        assert check.fix.startswith(f"gcloud services enable {api}")


@pytest.mark.parametrize(
    ("change", "name", "expected"),
    [
        (("${region}-docker.pkg.dev", "ghcr.io"), "image train:latest", "not in Artifact Registry"),
        (
            ("NVIDIA_TESLA_T4", "NVIDIA_TESLA_P100"),
            "quota P100GPUs",
            "has no quota CustomModelTrainingP100GPUsPerProjectPerRegion",
        ),
    ],
)
def test_what_cannot_be_known_is_not_checked(
    run, change: tuple[str, str], name: str, expected: str
):
    checks = run(change)

    assert checks.failed == []
    [unseen] = checks.unseen
    assert unseen.name == name
    assert expected in unseen.detail


def test_a_quota_of_another_region_says_nothing_of_this_one(run, ready: FakeCloud):
    change = ("NVIDIA_TESLA_T4", "NVIDIA_TESLA_P100")
    quota = "CustomModelTrainingP100GPUsPerProjectPerRegion"
    ready.set_quota(quota, 0, region="us-central1")

    [unseen] = run(change).unseen
    assert unseen.detail == f"{quota} has no value for europe-west1"

    ready.set_quota(quota, -1)  # which means that there is no limit
    assert run(change)["quota P100GPUs"].detail == "is unlimited in europe-west1, and a job takes 1"


def test_three_slow_services_are_waited_for_at_once(run, ready: FakeCloud):
    run()  # so that the clients are imported
    for method in ("BatchGetServices", "GetTag", "GetQuotaInfo"):
        ready.fail(method, "slow", seconds=0.7)
    began = time.monotonic()

    checks = run()

    assert 0.7 <= time.monotonic() - began < 3 * 0.7
    assert len(checks.ok) == len(NAMES)
