"""Check that a bucket is there, and that the job's service account may use it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from google.api_core.exceptions import Forbidden, NotFound

from cs_cloud.checks.grants import WITH_CONDITIONS, check_access
from cs_cloud.checks.result import CheckContext, CheckFailedError
from cs_cloud.jobs.needs import Use

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


def check_bucket(context: CheckContext, name: str, account: str, use: Use, region: str) -> str:
    """Check that a bucket is there and a service account may use it; return where it is."""
    storage, roles, member = context.clients.storage, _ROLES[use], f"serviceAccount:{account}"
    bucket = None

    def own_policy() -> Mapping[str, Any]:
        policy = storage.bucket(name).get_iam_policy(
            requested_policy_version=WITH_CONDITIONS, **context.limits
        )
        return {"bindings": policy.bindings}

    fix = f"gcloud storage buckets add-iam-policy-binding gs://{name} --member={member}"
    fix += f" --role={roles[0]}"
    try:
        with suppress(Forbidden):  # who may use a bucket need not be one who may look at it
            bucket = storage.get_bucket(name, **context.limits)
        project = str(bucket.project_number) if bucket else ""  # it may be of any project
        check_access(context, member, use, roles, own_policy, project, fix=fix, unsure=_UNSURE)
    except NotFound as error:
        raise CheckFailedError(
            "is not there",
            f"gcloud storage buckets create gs://{name} --location={region}"
            f" --uniform-bucket-level-access --project={context.project}",
        ) from error
    location = bucket.location.lower() if bucket else ""
    where = f"; it is in {location}" if location else ""
    where += f", and jobs run in {region}" if location not in ("", region) else ""
    return f"{account} may {use} it{where}"
