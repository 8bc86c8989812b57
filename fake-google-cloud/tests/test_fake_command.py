from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from google.cloud.aiplatform_v1 import JobServiceClient

from fake_google_cloud import JobScript
from fake_google_cloud.cli import main

PARENT = "projects/my-project-1/locations/europe-west1"
POOL = {"machine_spec": {"machine_type": "n1-standard-4"}, "container_spec": {"image_uri": "a/b"}}
JOB = {"display_name": "x", "job_spec": {"worker_pool_specs": [POOL]}}
SETTINGS = """\
project: my-project-1
region: europe-west1
registry: images
data_bucket: gs://tickets/
output_bucket: gs://models/jobs/
service_account: trainer@my-project-1.iam.gserviceaccount.com
wandb_entity: team
wandb_project: support
wandb_secret: WANDB_API_KEY # pragma: allowlist secret
"""


@pytest.mark.slow
def test_the_command_prints_where_the_cloud_is_and_ends_at_an_interrupt(tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text(SETTINGS)
    command = [sys.executable, "-m", "fake_google_cloud", "--settings", settings]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as served:
        comments = [served.stdout.readline() for _ in range(2)]
        exported = dict(_export(served) for _ in range(4))
        bucket = f"{exported['CS_CLOUD_ENDPOINT']}/storage/v1/b/tickets"
        found = requests.get(bucket, timeout=5).json()
        served.send_signal(signal.SIGINT)
        served.stdout.read()

        assert served.wait(timeout=10) == 0
    assert "my-project-1 in europe-west1" in comments[0]
    assert f"{exported['CS_CLOUD_ENDPOINT']}/control/fail-job" in comments[1]
    assert exported["GOOGLE_CLOUD_PROJECT"] == "my-project-1"
    assert exported["PATH"].startswith(str(Path(sys.executable).parent))
    assert found["name"] == "tickets"


def _export(served):
    export, _, line = served.stdout.readline().strip().partition(" ")
    assert export == "export"
    return line.split("=", maxsplit=1)


def test_the_command_says_in_one_line_what_is_wrong_with_the_settings(tmp_path, capsys):
    assert main(["--settings", str(tmp_path / "none.yaml")]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert "none.yaml: cannot be read" in line


@pytest.fixture
def control(cloud):
    """Send a command as curl does, and return the answer."""
    return lambda command: requests.post(f"{cloud.url}/control/{command}", timeout=5)


def test_a_running_job_is_made_to_fail_from_a_shell(cloud, connect, control):
    cloud.script_jobs(JobScript(states=(("RUNNING", 60),)))
    jobs = connect(JobServiceClient)
    first, second = (jobs.create_custom_job(parent=PARENT, custom_job=JOB) for _ in range(2))
    cloud.clock.advance(5)

    assert control("fail-job?status=3").status_code == 200
    states = [jobs.get_custom_job(name=job.name).state.name for job in (first, second)]
    assert states == ["JOB_STATE_RUNNING", "JOB_STATE_FAILED"]
    error = jobs.get_custom_job(name=second.name).error.message
    assert error == "The replica workerpool0-0 exited with a non-zero status of 3."

    assert control(f"fail-job?job={first.name.rpartition('/')[2]}").status_code == 200
    assert jobs.get_custom_job(name=first.name).state.name == "JOB_STATE_FAILED"
    refused = control("fail-job")
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "no job is running")


def test_calls_are_refused_from_a_shell(cloud, connect, control):
    url = f"{cloud.url}/v1/{PARENT}/customJobs"

    assert control("fail?method=ListCustomJobs&kind=unavailable&times=2").status_code == 200
    assert [requests.get(url, timeout=5).status_code for _ in range(3)] == [503, 503, 200]
    assert control("deny?name=aiplatform.customJobs.list").status_code == 200
    assert requests.get(url, timeout=5).status_code == 403
    assert control("disable?name=aiplatform.googleapis.com").status_code == 200
    refused = requests.get(url, timeout=5).json()
    assert refused["error"]["details"][0]["reason"] == "SERVICE_DISABLED"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("fail?method=ListJobs&kind=slow", "no method 'ListJobs'; there are "),
        ("fail?method=ListCustomJobs&kind=odd", "no fault 'odd'; there are "),
        ("fail?method=ListCustomJobs&kind=slow&times=often", "often"),
        ("fail?kind=slow", "method"),
        ("advance?minutes=1", "minutes"),
    ],
)
def test_a_command_that_means_nothing_is_refused(control, command, message):
    refused = control(command)

    assert refused.status_code == 400
    assert message in refused.json()["error"]["message"]
