"""The Vertex AI client and types, loaded without the API's forty other services.

`import google.cloud.aiplatform_v1` loads the clients of all its services, which takes seconds. The
modules of one service can be imported alone if the package's `__init__` is not run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_PACKAGES = ("google.cloud.aiplatform_v1", "google.cloud.aiplatform_v1.types")


@contextmanager
def _without_init() -> Iterator[None]:
    """Import modules of the packages without their `__init__`; a later import runs it as usual."""
    if _PACKAGES[0] in sys.modules:
        yield
        return
    for name in _PACKAGES:
        spec = find_spec(name)
        assert spec is not None
        stand_in = sys.modules[name] = ModuleType(name)
        stand_in.__path__ = list(spec.submodule_search_locations or ())
    try:
        yield
    finally:
        for name in _PACKAGES:
            del sys.modules[name]


with _without_init():
    from google.cloud.aiplatform_v1.services.job_service import JobServiceClient
    from google.cloud.aiplatform_v1.types.accelerator_type import AcceleratorType
    from google.cloud.aiplatform_v1.types.custom_job import (
        ContainerSpec,
        CustomJob,
        CustomJobSpec,
        Scheduling,
        WorkerPoolSpec,
    )
    from google.cloud.aiplatform_v1.types.env_var import EnvVar
    from google.cloud.aiplatform_v1.types.job_state import JobState
    from google.cloud.aiplatform_v1.types.machine_resources import DiskSpec, MachineSpec

__all__ = [
    "AcceleratorType",
    "ContainerSpec",
    "CustomJob",
    "CustomJobSpec",
    "DiskSpec",
    "EnvVar",
    "JobServiceClient",
    "JobState",
    "MachineSpec",
    "Scheduling",
    "WorkerPoolSpec",
]
