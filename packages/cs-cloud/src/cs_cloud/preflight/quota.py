"""Checks that a region's quota has room for a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.api_core.exceptions import NotFound

from cs_cloud.api_errors import explained
from cs_cloud.checks import CheckFailedError, NotCheckedError
from cs_cloud.preflight.asking import Asking

if TYPE_CHECKING:
    from google.cloud.cloudquotas_v1.types import QuotaInfo

_VERTEX = "aiplatform.googleapis.com"


def check_quota(asking: Asking, quota: str, needed: int, region: str) -> str:
    """See that a limit is not below what a job needs; what runs already is not counted.

    Args:
        asking: whom to ask.
        quota: id of the quota.
        needed: how many a job takes.
        region: where it runs.
    """
    place = f"projects/{asking.project}/locations/global/services/{_VERTEX}"
    with explained(f"asking for the quota {quota}"):
        try:
            info = asking.clients.quotas.get_quota_info(
                name=f"{place}/quotaInfos/{quota}", **asking.limits
            )
        except NotFound as error:
            raise NotCheckedError(f"Vertex AI has no quota {quota}") from error
    limit = _limit(info, region)
    if limit is None:
        raise NotCheckedError(f"{quota} says nothing of {region}")
    if 0 <= limit < needed:
        raise CheckFailedError(
            f"is {limit} in {region}, but a job takes {needed}",
            f"gcloud beta quotas preferences create --service={_VERTEX} --quota-id={quota}"
            f" --preferred-value={needed} --dimensions=region={region} --project={asking.project}",
        )
    size = "unlimited" if limit < 0 else limit  # -1 is the API's word for it
    return f"is {size} in {region}, and a job takes {needed}"


def _limit(info: QuotaInfo, region: str) -> int | None:
    for entry in info.dimensions_infos:
        if region in entry.applicable_locations or entry.dimensions.get("region") == region:
            return int(entry.details.value)
    return None
