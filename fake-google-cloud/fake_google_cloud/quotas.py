"""Cloud Quotas: how many accelerators jobs may hold at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Json, Service, rpc

_VERTEX = "aiplatform.googleapis.com"
_NAME = "projects/{project}/locations/{location}/services/{service}/quotaInfos/{quota}"
# The part of a quota's id that stands for an accelerator.
_ACCELERATORS = {
    "NVIDIA_TESLA_P4": "P4",
    "NVIDIA_TESLA_P100": "P100",
    "NVIDIA_TESLA_V100": "V100",
    "NVIDIA_TESLA_T4": "T4",
    "NVIDIA_L4": "L4",
    "NVIDIA_TESLA_A100": "A100",
    "NVIDIA_A100_80GB": "A10080GB",
    "NVIDIA_H100_80GB": "H100",
    "NVIDIA_H200_141GB": "H200",
}


class Quotas(Service):
    """Limits by the id of the quota and the region; what was never set is not limited."""

    client = "google.cloud.cloudquotas_v1.CloudQuotasClient"

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._limits: dict[str, dict[str, int]] = {}

    def set_quota(self, quota: str, value: int, *, region: str = "") -> None:
        """Set a limit of Vertex AI, by default in the project's region."""
        self._limits.setdefault(quota, {})[region or self.project.region] = value

    def check_jobs(self, jobs: Iterable[Json], region: str) -> None:
        """Refuse jobs that together hold more accelerators than a limit of their region says."""
        wanted: Counter[str] = Counter()
        for job in jobs:
            spot = job["jobSpec"].get("scheduling", {}).get("strategy") == "SPOT"
            for pool in job["jobSpec"]["workerPoolSpecs"]:
                machine = pool.get("machineSpec", {})
                if kind := _ACCELERATORS.get(machine.get("acceleratorType")):
                    count = machine["acceleratorCount"] * max(int(pool.get("replicaCount", 1)), 1)
                    wanted[quota_id(kind, spot=spot)] += count
        for quota, count in wanted.items():
            if count > self._limits.get(quota, {}).get(region, count):
                exceeded = "The following quota metrics exceed quota limits"
                raise ApiError("RESOURCE_EXHAUSTED", f"{exceeded}: {_VERTEX}/{quota}")

    @rpc("cloudquotas.quotas.get")
    def get_quota_info(self, request: Json) -> Json:
        """Return the limits of a quota, region by region."""
        parts = self.project.parse(_NAME, request["name"])
        service, quota = parts["service"], parts["quota"]
        if service != _VERTEX or quota not in self._limits:
            raise not_found(f"Quota {quota} of {service} was not found.")
        return {
            "name": f"projects/{self.project.number}/{request['name'].split('/', 2)[2]}",
            "quotaId": quota,
            "metric": f"{_VERTEX}/{quota}",
            "service": _VERTEX,
            "containerType": "PROJECT",
            "dimensions": ["region"],
            "dimensionsInfos": [
                {
                    "dimensions": {"region": region},
                    "details": {"value": str(value)},
                    "applicableLocations": [region],
                }
                for region, value in self._limits[quota].items()
            ],
        }


def quota_id(accelerator: str, *, spot: bool = False) -> str:
    """Return the id of the quota for an accelerator, such as `T4`, in training."""
    kind = f"{'Preemptible' if spot else ''}{accelerator}"
    return f"CustomModelTraining{kind}GPUsPerProjectPerRegion"
