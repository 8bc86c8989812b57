from __future__ import annotations

import pytest
from google.cloud.aiplatform_v1 import CustomJobSpec

from cs_cloud.jobs.machines import find_machine
from cs_cloud.jobs.prices import _prices, estimate, price_per_hour

REGIONS = ("us-central1", "europe-west1")


def job(replicas: int = 1, strategy: str = "STANDARD", **machine) -> CustomJobSpec:
    pool = {"machine_spec": machine, "replica_count": replicas}
    return CustomJobSpec(worker_pool_specs=[pool], scheduling={"strategy": strategy})


T4 = {
    "machine_type": "n1-standard-4",
    "accelerator_type": "NVIDIA_TESLA_T4",
    "accelerator_count": 2,
}


def test_a_job_costs_its_machines_and_accelerators_for_its_hours():
    price = estimate(job(replicas=3, **T4), "us-central1", hours=2)

    assert price is not None
    # one such machine is listed at 0.21849885 USD, one such accelerator at 0.4025
    assert price.usd_per_hour == pytest.approx(3 * (0.21849885 + 2 * 0.4025))
    assert price.usd == pytest.approx(2 * price.usd_per_hour)
    assert price.as_of == _prices()["as_of"]


@pytest.mark.parametrize(
    ("spec", "region"),
    [
        (job(**T4), "asia-east1"),
        (job(**T4, strategy="SPOT"), "us-central1"),
        (job(**T4, strategy="FLEX_START"), "us-central1"),
        (job(machine_type="m1-ultramem-40"), "us-central1"),
        (job(machine_type="n2d-standard-8"), "us-central1"),
        (job(machine_type="a2-highgpu-1g"), "europe-west1"),
        (job(**{**T4, "accelerator_type": "NVIDIA_TESLA_P4"}), "europe-west1"),
        (job(**T4), "as_of"),
    ],
)
def test_what_is_unknown_is_not_guessed(spec: CustomJobSpec, region: str):
    assert estimate(spec, region, hours=1) is None


@pytest.mark.parametrize("region", REGIONS)
def test_the_table_names_only_machines_and_accelerators_that_exist(region: str):
    table = _prices()[region]
    attachable = find_machine("n1-standard-8").accelerators

    assert all(find_machine(name).built_in for name in table.get("machines", ()))
    assert set(table["accelerators"]) <= set(attachable)
    assert all(price_per_hour(f"{s}-standard-8", "", 0, region) for s in table["series"])
