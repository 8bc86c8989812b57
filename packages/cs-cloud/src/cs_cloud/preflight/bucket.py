"""Checks what the caller may do with a bucket."""

from __future__ import annotations

from collections.abc import Sequence

from google.api_core.exceptions import GoogleAPIError, NotFound

from cs_cloud.api_errors import explained
from cs_cloud.checks import CheckFailedError
from cs_cloud.preflight.asking import Asking
from cs_cloud.preflight.needs import READ, WRITE

_READER, _WRITER = "roles/storage.objectViewer", "roles/storage.objectUser"


def check_bucket(asking: Asking, name: str, permissions: Sequence[str], region: str) -> str:
    """See that a bucket is there and the caller has the permissions; tell where it is.

    Args:
        asking: whom to ask.
        name: the bucket's.
        permissions: those that are needed, on its objects.
        region: where jobs run.
    """
    with explained(f"asking what you may do in gs://{name}"):
        try:
            granted = asking.clients.storage.bucket(name).test_iam_permissions(
                list(permissions), **asking.limits
            )
        except NotFound as error:
            raise CheckFailedError(
                "is not there",
                f"gcloud storage buckets create gs://{name} --location={region}"
                f" --uniform-bucket-level-access --project={asking.project}",
            ) from error
    if missing := [one for one in permissions if one not in granted]:
        role = _WRITER if set(WRITE) & set(missing) else _READER
        raise CheckFailedError(
            f"you may not: {', '.join(missing)}",
            f"gcloud storage buckets add-iam-policy-binding gs://{name}"
            f" --member={asking.member} --role={role}",
        )
    uses = (("read", READ), ("write", WRITE))
    may = " and ".join(verb for verb, needed in uses if set(needed) <= set(permissions))
    return f"you may {may} it{_location(asking, name, region)}"


def _location(asking: Asking, name: str, region: str) -> str:
    try:
        location = asking.clients.storage.get_bucket(name, **asking.limits).location.lower()
    except GoogleAPIError:  # who may use a bucket need not be one who may look at it
        return ""
    return f"; it is in {location}" + ("" if location == region else f", and jobs run in {region}")
