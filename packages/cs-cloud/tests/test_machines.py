from __future__ import annotations

import pytest
from google.cloud.aiplatform_v1 import AcceleratorType

from cs_cloud.errors import nearest
from cs_cloud.jobs.machines import Machine, find_machine, known_machines


def test_a_machine_of_a_family_has_its_share_of_memory_and_what_may_be_attached():
    machine = find_machine("n1-highmem-32")

    assert machine is not None
    assert (machine.vcpus, machine.memory_gb, machine.built_in) == (32, 208, False)
    assert machine.accelerators["NVIDIA_TESLA_T4"] == (2, 4)


def test_a_machine_with_accelerators_of_its_own_has_just_those():
    assert find_machine("a3-highgpu-8g") == Machine(
        "a3-highgpu-8g", 208, 1872, {"NVIDIA_H100_80GB": (8,)}, built_in=True
    )


def test_every_accelerator_of_the_table_is_one_that_the_api_knows():
    named = {kind for machine in known_machines().values() for kind in machine.accelerators}

    assert named <= set(AcceleratorType.__members__)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("n1-standart-8", "did you mean n1-standard-8?"),
        ("N1-Standard-8", "did you mean n1-standard-8?"),
        ("a2-highgpu-1", "did you mean a2-highgpu-1g?"),
        ("?", ""),
    ],
)
def test_the_nearest_machine_is_found(wrong: str, right: str):
    assert find_machine(wrong) is None
    assert nearest(wrong, known_machines(), "") == right
