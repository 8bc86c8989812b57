"""Check that a region's quota has room for a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.api_core.exceptions import NotFound

from cs_cloud.checks.result import CheckContext, CheckFailedError, NotCheckedError

_VERTEX = "aiplatform.googleapis.com"


def check_quota(context: CheckContext, quota: str, needed: int, regions: Sequence[str]) -> str:
    """Check that one region's limit is not below what a job needs; what runs is not counted."""
    place = f"projects/{context.project}/locations/global/services/{_VERTEX}"
    try:
        info = context.clients.quotas.get(f"{place}/quotaInfos/{quota}", **context.limits)
    except NotFound as error:
        raise NotCheckedError(f"Vertex AI has no quota {quota}") from error
    limits = {region: _limit(info, region) for region in regions}
    known = {region: limit for region, limit in limits.items() if limit is not None}
    if not known:
        raise NotCheckedError(f"{quota} has no value for {' or '.join(regions)}")
    listed = ", ".join(
        f"{'unlimited' if limit < 0 else limit} in {region}"  # -1 is the API's word for it
        for region, limit in known.items()
    )
    if len(known) == len(regions) and all(0 <= limit < needed for limit in known.values()):
        raise CheckFailedError(
            f"is {listed}, but a job takes {needed}",
            f"gcloud beta quotas preferences create --service={_VERTEX} --quota-id={quota}"
            f" --preferred-value={needed} --dimensions=region={regions[0]}"
            f" --project={context.project}",
        )
    return f"is {listed}, and a job takes {needed}"


def _limit(info: Mapping[str, Any], region: str) -> int | None:
    for entry in info.get("dimensionsInfos", ()):
        places = (*entry.get("applicableLocations", ()), entry.get("dimensions", {}).get("region"))
        if region in places:
            return int(entry.get("details", {}).get("value", 0))
    return None
