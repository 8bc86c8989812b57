"""Checks that a bucket is there, and that the job's service account may use it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from google.api_core.exceptions import Forbidden, NotFound

from cs_cloud.checks.asking import Asking
from cs_cloud.checks.check import CheckFailedError
from cs_cloud.checks.grants import (
    WITH_CONDITIONS,
    Access,
    Grant,
    Policy,
    check_access,
    read_policy,
    read_policy_of_project,
)
from cs_cloud.google.api_errors import explained
from cs_cloud.jobs.needs import Use

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

# The first is the narrowest. Not roles/storage.objectCreator: a job tries a bucket by writing an
# object and deleting it, and that role does not let it delete.
_WRITERS = ("roles/storage.objectUser", "roles/storage.objectAdmin", "roles/storage.admin")
_ROLES: dict[Use, tuple[str, ...]] = {
    "read": ("roles/storage.objectViewer", *_WRITERS),
    "write": _WRITERS,
}
# Hold a part of what is needed, or count only in so far as the bucket says so.
_UNSURE = (
    "roles/owner",
    "roles/editor",
    "roles/viewer",
    "roles/storage.folderAdmin",
    "roles/storage.legacyBucketOwner",
    "roles/storage.legacyBucketReader",
    "roles/storage.legacyBucketWriter",
    "roles/storage.legacyObjectOwner",
    "roles/storage.legacyObjectReader",
    "roles/aiplatform.customCodeServiceAgent",
)


def check_bucket(asking: Asking, name: str, account: str, use: Use, region: str) -> str:
    """See that a bucket is there and an account may use it; tell where it is.

    Args:
        asking: whom to ask.
        name: the bucket's.
        account: e-mail of the job's service account.
        use: what the job does with it.
        region: where jobs run.
    """
    member = f"serviceAccount:{account}"
    access = Access(
        verb=use,
        member=member,
        roles=_ROLES[use],
        unsure=_UNSURE,
        fix=f"gcloud storage buckets add-iam-policy-binding gs://{name} --member={member}"
        f" --role={_ROLES[use][0]}",
    )
    with explained(f"asking who may {use} gs://{name}"):
        try:
            found = _find(asking, name)
            policy = read_policy("its", partial(_grants, asking, name))
        except NotFound as error:
            raise CheckFailedError(
                "is not there",
                f"gcloud storage buckets create gs://{name} --location={region}"
                f" --uniform-bucket-level-access --project={asking.project}",
            ) from error
        check_access(access, policy, partial(_read_policy_of_project, asking, found))
    return f"{account} may {use} it{_location(found, region)}"


def _find(asking: Asking, name: str) -> Bucket | None:
    """Return what is known of a bucket, None if the caller may not look at it."""
    try:
        return asking.clients.storage.get_bucket(name, **asking.limits)
    except Forbidden:  # who may use a bucket need not be one who may look at it
        return None


def _grants(asking: Asking, name: str) -> Iterable[Grant]:
    policy = asking.clients.storage.bucket(name).get_iam_policy(
        requested_policy_version=WITH_CONDITIONS, **asking.limits
    )
    return [
        Grant(
            binding["role"], binding["members"], binding.get("condition", {}).get("expression", "")
        )
        for binding in policy.bindings
    ]


def _read_policy_of_project(asking: Asking, bucket: Bucket | None) -> Policy:
    if bucket is None:  # and it may be of any project
        return Policy(unseen="telling its project needs the permission storage.buckets.get")
    return read_policy_of_project(asking, str(bucket.project_number))


def _location(bucket: Bucket | None, region: str) -> str:
    if bucket is None:
        return ""
    location = bucket.location.lower()
    return f"; it is in {location}" + ("" if location == region else f", and jobs run in {region}")
