"""Cloud Quotas: how many accelerators jobs may hold at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from google.cloud.aiplatform_v1.types import AcceleratorType, CustomJob, Scheduling
from google.cloud.cloudquotas_v1.types import (
    DimensionsInfo,
    GetQuotaInfoRequest,
    QuotaDetails,
    QuotaInfo,
)

from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Service, rpc

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

    service = "google.api.cloudquotas.v1.CloudQuotas"
    api = "cloudquotas.googleapis.com"

    def __init__(self, project: Project) -> None:
        self._project = project
        self._limits: dict[str, dict[str, int]] = {}

    def set(self, quota: str, region: str, value: int) -> None:
        """Set a limit of Vertex AI in a region."""
        self._limits.setdefault(quota, {})[region] = value

    def check_jobs(self, jobs: Iterable[CustomJob], region: str) -> None:
        """Refuse jobs that together hold more accelerators than a limit of their region says."""
        wanted: Counter[str] = Counter()
        for job in jobs:
            for quota, count in _needs(job):
                wanted[quota] += count
        for quota, count in wanted.items():
            limit = self._limits.get(quota, {}).get(region)
            if limit is not None and count > limit:
                raise ApiError(
                    "RESOURCE_EXHAUSTED",
                    f"The following quota metrics exceed quota limits: {_VERTEX}/{quota}",
                )

    @rpc(
        "cloudquotas.quotas.get",
        "GET /v1/{name=projects/*/locations/*/services/*/quotaInfos/*}",
    )
    def get_quota_info(self, request: GetQuotaInfoRequest) -> QuotaInfo:
        """Give the limits of a quota, region by region."""
        parts = self._project.parse(_NAME, request.name)
        quota = parts["quota"]
        if parts["service"] != _VERTEX or quota not in self._limits:
            raise not_found(f"Quota {quota} of {parts['service']} was not found.")
        return QuotaInfo(
            name=f"projects/{self._project.number}/{request.name.split('/', 2)[2]}",
            quota_id=quota,
            metric=f"{_VERTEX}/{quota}",
            service=_VERTEX,
            container_type=QuotaInfo.ContainerType.PROJECT,
            dimensions=["region"],
            dimensions_infos=[
                DimensionsInfo(
                    dimensions={"region": region},
                    details=QuotaDetails(value=value),
                    applicable_locations=[region],
                )
                for region, value in self._limits[quota].items()
            ],
        )


def _needs(job: CustomJob) -> Iterable[tuple[str, int]]:
    spot = job.job_spec.scheduling.strategy == Scheduling.Strategy.SPOT
    for pool in job.job_spec.worker_pool_specs:
        kind = AcceleratorType(pool.machine_spec.accelerator_type).name
        if kind in _ACCELERATORS:
            quota = quota_id(kind, spot=spot)
            yield quota, pool.machine_spec.accelerator_count * max(pool.replica_count, 1)


def quota_id(accelerator: str, *, spot: bool = False) -> str:
    """Return the id of the quota for an accelerator, such as `NVIDIA_TESLA_T4`, in training."""
    kind = f"{'Preemptible' if spot else ''}{_ACCELERATORS[accelerator]}"
    return f"CustomModelTraining{kind}GPUsPerProjectPerRegion"
