from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cs_cloud import CloudError, Settings, load_settings
from cs_cloud.jobs.job_file import read_job_file

Write = Callable[[str], Path]
REPOSITORY = Path(__file__).parents[3]


def test_the_settings_fill_in_a_job(write_yaml: Write, settings: Settings, a_job: str):
    job = read_job_file(write_yaml(a_job), settings)

    container = job.worker_pool_specs[0].container_spec
    assert container.image_uri == "europe-west1-docker.pkg.dev/my-project-1/images/train:latest"
    assert container.env[0].value == (
        "sm://projects/my-project-1/secrets/WANDB_API_KEY/versions/latest"
    )
    assert job.base_output_directory.output_uri_prefix == "gs://models/jobs/"


@pytest.mark.parametrize(
    ("target", "experiment", "accelerators", "hours"),
    [("gpu", "experiment=best", 1, 6), ("cpu", "experiment=baseline", 0, 24)],
)
def test_the_repositorys_own_jobs_are_without_fault(
    target: str, experiment: str, accelerators: int, hours: int
):
    settings = load_settings(REPOSITORY / ".gcp/settings.yaml", environ={})

    job = read_job_file(REPOSITORY / f".gcp/config_{target}.yaml", settings)

    (pool,) = job.worker_pool_specs
    assert list(pool.container_spec.args) == [experiment]
    assert pool.machine_spec.accelerator_count == accelerators
    assert job.scheduling.timeout == timedelta(hours=hours)
    assert job.service_account == settings.service_account


@pytest.mark.parametrize(
    "machine",
    [
        "machineType: n1-standard-16\n      acceleratorType: NVIDIA_TESLA_V100\n"
        "      acceleratorCount: 8",
        "machineType: a2-highgpu-4g\n      acceleratorType: NVIDIA_TESLA_A100\n"
        "      acceleratorCount: 4",
        "machineType: g2-standard-24\n      acceleratorType: NVIDIA_L4\n      acceleratorCount: 2",
        "machineType: e2-standard-8",
    ],
)
def test_accelerators_that_go_with_their_machine_are_taken(
    write_yaml: Write, settings: Settings, a_job: str, machine: str
):
    given = a_job[a_job.index("machineType") : a_job.index("\n    diskSpec")]

    read_job_file(write_yaml(a_job.replace(given, machine)), settings)


def test_spot_machines_are_taken(write_yaml: Write, settings: Settings, a_job: str):
    text = a_job.replace("STANDARD", "SPOT\n  restartJobOnWorkerRestart: true")

    job = read_job_file(write_yaml(text), settings)

    assert job.scheduling.strategy.name == "SPOT"


def test_a_job_without_a_worker_pool_is_refused(write_yaml: Write, settings: Settings, a_job: str):
    path = write_yaml(a_job[a_job.index("scheduling") :])

    with pytest.raises(CloudError) as caught:
        read_job_file(path, settings)

    expected = "1: workerPoolSpecs is missing; a job needs one worker pool"
    assert str(caught.value) == f"{path}:{expected}"


def test_a_worker_pool_without_a_container_is_refused(
    write_yaml: Write, settings: Settings, a_job: str
):
    without = a_job[: a_job.index("    containerSpec")] + a_job[a_job.index("scheduling") :]
    path = write_yaml(without)

    with pytest.raises(CloudError) as caught:
        read_job_file(path, settings)

    expected = "2: workerPoolSpecs[0].containerSpec is missing; each worker pool runs one container"
    assert str(caught.value) == f"{path}:{expected}"


def test_the_api_is_loaded_only_when_a_job_is_read():
    names = "import sys, cs_cloud.jobs.job_file, cs_cloud.jobs.prices; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", names], check=True, stdout=subprocess.PIPE, text=True
    )

    assert not {"google.cloud.aiplatform_v1", "google.protobuf", "grpc"} & set(done.stdout.split())
