from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cs_cloud.google.resources import id_of
from cs_cloud.jobs.description import NOT_SHOWN
from fake_google_cloud import JobScript

REFERENCE = "sm://projects/my-project-1/secrets/WANDB_API_KEY/versions/latest"
KEY = "0123456789abcdef" * 3


@pytest.fixture
def described(cloud, start_job):
    """A job that has failed."""
    job = start_job(
        "best-gpu",
        JobScript(states=(("QUEUED", 65), ("RUNNING", 7200)), end="FAILED", error="It went wrong."),
        labels={"experiment": "best"},
        env={"WANDB_API_KEY": REFERENCE, "HARMLESS": "a secret under a harmless name"},
        args=("experiment=best", "dataset.path=my tickets.csv", f"wandb.key={KEY}"),
        scheduling={"timeout": timedelta(hours=6), "strategy": "SPOT"},
        service_account="trainer@my-project-1.iam.gserviceaccount.com",
        base_output_directory={"output_uri_prefix": "gs://models/jobs/best/"},
    )
    cloud.clock.advance(8000)
    return job


def test_everything_is_reported(call, described):
    status, out, _ = call("describe", "best-gpu")

    shown = {line[:13].strip(): line[13:].strip() for line in out.splitlines() if line[0] != " "}
    assert status == 0
    assert shown["job"] == f"{id_of(described)}  best-gpu"
    assert shown["state"].startswith("FAILED, since ")
    assert shown["queued for"] == "1m05s"
    assert shown["ran for"] == "2h00m"
    assert shown["error"] == "It went wrong."
    assert shown["machine"] == "n1-standard-8"
    assert shown["strategy"] == "SPOT"
    assert shown["stopped after"] == "6h00m"
    assert shown["image"].startswith(
        "europe-west1-docker.pkg.dev/my-project-1/images/train@sha256:"
    )
    assert shown["arguments"].startswith("experiment=best 'dataset.path=my tickets.csv' ")
    assert shown["runs as"] == "trainer@my-project-1.iam.gserviceaccount.com"
    assert shown["output"] == "gs://models/jobs/best/"
    assert shown["labels"] == "experiment=best"
    assert shown["console"].startswith("https://console.cloud.google.com/")


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_no_value_of_a_variable_is_shown_but_a_secrets_name(call, described, flags):
    _, out, err = call("describe", "best-gpu", *flags)

    assert REFERENCE in out
    assert "HARMLESS" in out
    assert "harmless name" not in out + err
    assert KEY not in out + err


def test_programs_get_the_same(call, described):
    _, out, _ = call("describe", id_of(described), "--json")

    (job,) = json.loads(out)
    assert job["env"] == {"WANDB_API_KEY": REFERENCE, "HARMLESS": NOT_SHOWN}
    assert job["image"].endswith(f"@{job['image_digest']}")
    assert job["timeout"] == 21600
    assert job["state"] == "FAILED"


def test_several_jobs_are_reported_each_once(call, described, start_job):
    start_job("other")

    _, out, _ = call("describe", "best-gpu", "other", "best-gpu", "--json")

    assert [job["name"] for job in json.loads(out)] == ["best-gpu", "other"]


def test_a_job_that_waits_has_no_other_times(call, start_job):
    start_job("waiting", JobScript(states=(("QUEUED", 1000),)))

    _, out, _ = call("describe", "waiting")

    assert "queued for" in out
    assert "started" not in out
    assert "ended" not in out
