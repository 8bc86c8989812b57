from __future__ import annotations

import pytest

from fake_google_cloud import FakeCloud

ACCOUNT = "trainer@my-project-1.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{ACCOUNT}"
VIEWER, USER = "roles/storage.objectViewer", "roles/storage.objectUser"


@pytest.mark.parametrize(
    ("role", "member", "condition", "outcome"),
    [
        (USER, MEMBER, "", "ok"),
        ("roles/storage.admin", MEMBER, "", "ok"),
        (VIEWER, MEMBER, "", "failed"),
        ("roles/storage.objectCreator", MEMBER, "", "failed"),
        ("roles/logging.logWriter", MEMBER, "", "failed"),
        (USER, "serviceAccount:other@x.iam.gserviceaccount.com", "", "failed"),
        ("roles/storage.legacyBucketWriter", "projectEditor:my-project-1", "", "failed"),
        ("roles/storage.legacyBucketWriter", MEMBER, "", "not checked"),
        ("roles/editor", MEMBER, "", "not checked"),
        (USER, "group:trainers@example.com", "", "not checked"),
        (USER, MEMBER, "request.time.getHours() < 9", "not checked"),
        ("projects/p/roles/ours", MEMBER, "", "not checked"),
    ],
)
@pytest.mark.parametrize("place", ["models", ""])
def test_the_account_writes_by_a_grant_on_the_bucket_or_on_the_project(
    run, ready: FakeCloud, place: str, role: str, member: str, condition: str, outcome: str
):
    ready.add_bucket("models", grants={})
    ready.grant(role, member, bucket=place, condition=condition)

    bucket = run()["bucket models"]

    assert bucket.outcome == outcome
    command = f"add-iam-policy-binding gs://models --member={MEMBER} --role={USER}"
    assert (outcome == "ok") is not bucket.fix.endswith(command)


def test_anybody_may_read_a_public_bucket(run, ready: FakeCloud):
    ready.add_bucket("tickets", grants={VIEWER: ["allUsers"]})

    assert run()["bucket tickets"].outcome == "ok"


def test_what_the_caller_may_do_does_not_count(run, ready: FakeCloud):
    ready.deny(*(f"storage.objects.{verb}" for verb in ("get", "list", "create", "delete")))

    checks = run()

    assert checks.ok == list(checks.all)


def test_a_policy_that_may_not_be_read_is_not_needed_where_the_project_grants_enough(
    run, ready: FakeCloud
):
    ready.deny("storage.buckets.getIamPolicy")

    [tickets, models] = run().unseen

    assert (tickets.name, models.name) == ("bucket tickets", "bucket models")
    assert tickets.detail == (
        f"whether {MEMBER} may read it cannot be seen: reading its IAM policy needs the permission"
        " storage.buckets.getIamPolicy, which is in the role roles/storage.admin"
    )
    assert models.fix == (
        f"gcloud storage buckets add-iam-policy-binding gs://models --member={MEMBER} --role={USER}"
    )

    ready.grant(USER, MEMBER)
    assert run().unseen == []


def test_a_grant_on_a_bucket_that_may_not_be_looked_at_is_enough(run, ready: FakeCloud):
    ready.deny("storage.buckets.get")
    ready.add_bucket("models", grants={})

    checks = run()

    assert checks["bucket tickets"].detail == f"{ACCOUNT} may read it"
    assert checks["bucket models"].outcome == "not checked"
    assert "storage.buckets.get" in checks["bucket models"].detail


def test_a_bucket_elsewhere_is_reported(run, ready: FakeCloud):
    ready.add_bucket("us", "us-central1", grants={USER: [MEMBER]})

    bucket = run(("${output_bucket}", "gs://us/jobs/"))["bucket us"]

    assert bucket.detail == (
        f"{ACCOUNT} may write it; it is in us-central1, and jobs run in europe-west1"
    )
