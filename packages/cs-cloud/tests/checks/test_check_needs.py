from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cs_cloud import Settings
from cs_cloud.jobs.job_file import read_job_file
from cs_cloud.jobs.needs import needs_of

Write = Callable[[str], Path]
ACCOUNT = "trainer@my-project-1.iam.gserviceaccount.com"
ACCELERATOR = "      acceleratorType: NVIDIA_TESLA_T4\n      acceleratorCount: 1\n"


def quotas(write_yaml: Write, settings: Settings, text: str) -> dict[str, int]:
    job = read_job_file(write_yaml(text), settings)
    return {
        quota.removeprefix("CustomModelTraining").removesuffix("PerProjectPerRegion"): count
        for quota, count in needs_of([job], settings).quotas.items()
    }


def test_what_two_jobs_have_in_common_is_needed_once(
    write_yaml: Write, settings: Settings, a_job: str
):
    gpu = read_job_file(write_yaml(a_job), settings)
    cpu = read_job_file(
        write_yaml(a_job.replace(ACCELERATOR, "").replace("train:", "plain:")), settings
    )

    needs = needs_of([gpu, cpu, gpu], settings)

    images = "europe-west1-docker.pkg.dev/my-project-1/images"
    assert needs.images == {f"{images}/train:latest": "gpu", f"{images}/plain:latest": "cpu"}
    version = "projects/my-project-1/secrets/WANDB_API_KEY/versions/latest"
    assert needs.secrets == ((version, ACCOUNT),)
    assert needs.buckets == {("tickets", ACCOUNT): "read", ("models", ACCOUNT): "write"}
    assert needs.accounts == (ACCOUNT,)
    assert sorted(needs.quotas.values()) == [1, 8]  # GPUs of one job, CPUs of the other


def test_a_bucket_of_data_and_models_is_read_and_written(
    write_yaml: Write, settings: Settings, a_job: str
):
    job = read_job_file(
        write_yaml(a_job.replace("${output_bucket}", "gs://tickets/jobs/")), settings
    )

    assert needs_of([job], settings).buckets == {("tickets", ACCOUNT): "write"}


def test_each_account_needs_the_buckets_of_its_jobs(
    write_yaml: Write, settings: Settings, a_job: str
):
    one = read_job_file(write_yaml(a_job), settings)
    text = a_job.replace("${service_account}", "other@x.iam.gserviceaccount.com")
    other = read_job_file(write_yaml(text.replace("${output_bucket}", "gs://more/")), settings)

    assert needs_of([one, other], settings).buckets == {
        ("tickets", ACCOUNT): "read",
        ("tickets", "other@x.iam.gserviceaccount.com"): "read",
        ("models", ACCOUNT): "write",
        ("more", "other@x.iam.gserviceaccount.com"): "write",
    }


def test_without_a_job_the_account_of_the_settings_reads_the_data(settings: Settings):
    assert needs_of([], settings).buckets == {("tickets", ACCOUNT): "read"}


@pytest.mark.parametrize(
    ("machine", "quota", "count"),
    [
        ("n1-standard-8 NVIDIA_TESLA_T4 2", "T4GPUs", 2),
        ("n1-standard-8 NVIDIA_TESLA_V100 1", "V100GPUs", 1),
        ("g2-standard-24 NVIDIA_L4 2", "L4GPUs", 2),
        ("a2-highgpu-4g NVIDIA_TESLA_A100 4", "A100GPUs", 4),
        ("a2-ultragpu-1g NVIDIA_A100_80GB 1", "A10080GBGPUs", 1),
        ("a3-highgpu-8g NVIDIA_H100_80GB 8", "H100GPUs", 8),
        ("e2-standard-16", "CPUs", 16),
        ("n2-standard-16", "N2CPUs", 16),
    ],
)
def test_each_machine_has_its_quota(
    write_yaml: Write, settings: Settings, a_job: str, machine: str, quota: str, count: int
):
    name, *accelerator = machine.split()
    text = a_job.replace(ACCELERATOR, "").replace("n1-standard-8", name)
    if accelerator:
        kind, number = accelerator
        of = f"      acceleratorType: {kind}\n      acceleratorCount: {number}\n"
        text = text.replace(f"machineType: {name}\n", f"machineType: {name}\n{of}")

    assert quotas(write_yaml, settings, text) == {quota: count}


def test_machines_that_can_be_taken_away_are_counted_apart(
    write_yaml: Write, settings: Settings, a_job: str
):
    four = a_job.replace("acceleratorCount: 1", "acceleratorCount: 4")
    spot = four.replace("STANDARD", "SPOT\n  restartJobOnWorkerRestart: true")

    assert quotas(write_yaml, settings, four) == {"T4GPUs": 4}
    assert quotas(write_yaml, settings, spot) == {"PreemptibleT4GPUs": 4}
