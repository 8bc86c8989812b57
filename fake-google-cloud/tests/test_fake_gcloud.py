"""The real gcloud against the fake cloud: what it sends is not what the Python clients send."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not on PATH"),
]
IMAGE = "europe-west1-docker.pkg.dev/my-project-1/images/train-gpu"
BUILD = f"""\
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, --tag, "{IMAGE}:$_TAG", .]
images: ["{IMAGE}:$_TAG"]
substitutions: {{_TAG: v1}}
options: {{logging: CLOUD_LOGGING_ONLY}}
"""
JOB = """\
workerPoolSpecs:
  - machineSpec: {machineType: n1-standard-4}
    replicaCount: 1
    containerSpec: {imageUri: a/b}
scheduling: {strategy: SPOT}
"""


@pytest.fixture
def gcloud(cloud, tmp_path):
    """Runs gcloud against the fake cloud, with no state of anyone's."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("CLOUDSDK_")
    }
    environment |= cloud.environment | {"CLOUDSDK_CONFIG": str(tmp_path / "gcloud")}

    def run(*arguments):
        return subprocess.run(
            ["gcloud", *map(str, arguments), "--format=json"],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def answer(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_gcloud_creates_lists_describes_and_cancels_a_job(cloud, gcloud, tmp_path):
    config = tmp_path / "job.yaml"
    config.write_text(JOB)
    region = "--region=europe-west1"

    created = answer(
        gcloud(
            "ai",
            "custom-jobs",
            "create",
            region,
            "--display-name=train",
            "--labels=submission=abc",
            f"--config={config}",
        )
    )
    cloud.clock.advance(2)
    listed = answer(gcloud("ai", "custom-jobs", "list", region, "--filter=labels.submission=abc"))
    cancelled = gcloud("ai", "custom-jobs", "cancel", created["name"])
    cloud.clock.advance(2)
    described = answer(gcloud("ai", "custom-jobs", "describe", created["name"]))

    assert [job["state"] for job in listed] == ["JOB_STATE_RUNNING"]
    assert cancelled.returncode == 0, cancelled.stderr
    assert described["state"] == "JOB_STATE_CANCELLED"
    assert described["jobSpec"]["scheduling"]["strategy"] == "SPOT"


def test_a_misspelled_key_that_gcloud_sends_on_is_refused(gcloud, tmp_path):
    config = tmp_path / "job.yaml"
    config.write_text(JOB.replace("machineSpec", "machineSpecs"))

    refused = gcloud(
        "ai",
        "custom-jobs",
        "create",
        "--region=europe-west1",
        "--display-name=train",
        f"--config={config}",
    )

    assert refused.returncode == 1
    assert 'Unknown name "machineSpecs"' in refused.stderr


def test_gcloud_submits_a_folder_and_sees_its_build(cloud, gcloud, tmp_path):
    folder, config = tmp_path / "source", tmp_path / "cloudbuild.yaml"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    config.write_text(BUILD)

    submitted = answer(gcloud("builds", "submit", folder, f"--config={config}", "--async"))
    cloud.clock.advance(3)
    (listed,) = answer(gcloud("builds", "list"))
    described = answer(gcloud("builds", "describe", submitted["id"]))
    images = answer(gcloud("artifacts", "docker", "images", "list", IMAGE.rpartition("/")[0]))

    assert described["status"] == listed["status"] == "SUCCESS"
    (source,) = cloud.read_objects("my-project-1_cloudbuild")
    assert source == described["source"]["storageSource"]["object"]
    (built,) = described["results"]["images"]
    assert (built["name"], built["digest"]) in [
        (f"{one['package']}:v1", one["version"]) for one in images
    ]


def test_gcloud_copies_to_a_bucket_and_back(cloud, gcloud, tmp_path):
    (tmp_path / "there").write_text("tickets")

    up = gcloud("storage", "cp", tmp_path / "there", "gs://tickets/a/b")
    down = gcloud("storage", "cp", "gs://tickets/a/b", tmp_path / "back")

    assert (up.returncode, down.returncode) == (0, 0), up.stderr + down.stderr
    assert (tmp_path / "back").read_text() == "tickets"
