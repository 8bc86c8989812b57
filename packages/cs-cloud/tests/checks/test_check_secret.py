from __future__ import annotations

import pytest

from fake_google_cloud import FakeCloud

ACCOUNT = "trainer@my-project-1.iam.gserviceaccount.com"
READER = "roles/secretmanager.secretAccessor"


@pytest.mark.parametrize(
    ("role", "member", "condition", "outcome"),
    [
        (READER, f"serviceAccount:{ACCOUNT}", "", "ok"),
        ("roles/owner", f"serviceAccount:{ACCOUNT}", "", "ok"),
        ("roles/editor", f"serviceAccount:{ACCOUNT}", "", "failed"),
        (READER, "serviceAccount:other@x.iam.gserviceaccount.com", "", "failed"),
        (READER, "group:trainers@example.com", "", "not checked"),
        (READER, f"serviceAccount:{ACCOUNT}", "request.time.getHours() < 9", "not checked"),
        ("projects/p/roles/ours", f"serviceAccount:{ACCOUNT}", "", "not checked"),
    ],
)
def test_a_reader_of_all_secrets_of_the_project_counts(
    run, ready: FakeCloud, role: str, member: str, condition: str, outcome: str
):
    ready.add_secret("WANDB_API_KEY", "x")  # which nobody may read
    ready.grant(role, member, condition=condition)

    secret = run()["secret WANDB_API_KEY"]

    assert secret.outcome == outcome
    assert (outcome == "ok") is not secret.fix.startswith("gcloud secrets add-iam-policy-binding")


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        ("secretmanager.secrets.getIamPolicy", "needs the permission secretmanager.secrets.getIam"),
        (
            "resourcemanager.projects.getIamPolicy",
            "reading its project's IAM policy needs the permission",
        ),
    ],
)
def test_who_may_not_see_who_reads_a_secret_is_reported(
    run, ready: FakeCloud, denied: str, expected: str
):
    ready.add_secret("WANDB_API_KEY", "x")
    ready.deny(denied)

    secret = run()["secret WANDB_API_KEY"]

    assert secret.outcome == "not checked"
    assert expected in secret.detail
