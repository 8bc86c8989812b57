"""Uploads the archive of a source for Cloud Build, once however often it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

from google.api_core.exceptions import Conflict, PreconditionFailed
from google.cloud.devtools.cloudbuild_v1.types import StorageSource

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import RETRY, TIMEOUT, explained
from cs_cloud.google.clients import Clients

_SECONDS = 300


def staging_bucket(project: str) -> str:
    """Return the bucket that sources are uploaded to: the same as gcloud's."""
    return project.replace(":", "_").replace(".", "_").replace("google", "elgoog") + "_cloudbuild"


def upload_source(clients: Clients, region: str, archive: Path) -> StorageSource:
    """Upload an archive under a name made from its content; make the bucket if there is none.

    Raises:
        CloudError: it cannot be uploaded, or the bucket belongs to somebody else.
    """
    bucket = staging_bucket(clients.project)
    _ensure_bucket(clients, region, bucket)
    with archive.open("rb") as content:
        name = f"source/{hashlib.file_digest(content, 'sha256').hexdigest()[:32]}.tgz"
    blob = clients.storage.bucket(bucket).blob(name)
    with explained(f"uploading the source to gs://{bucket}/{name}"):
        try:
            blob.upload_from_filename(
                str(archive),
                content_type="application/gzip",
                if_generation_match=0,
                retry=RETRY,
                timeout=_SECONDS,
            )
        except PreconditionFailed:  # the same source has been uploaded before
            blob.reload(retry=RETRY, timeout=TIMEOUT)
    return StorageSource(bucket=bucket, object_=name, generation=blob.generation)


def _ensure_bucket(clients: Clients, region: str, name: str) -> None:
    if _owns(clients, name):
        return
    with explained(f"making the bucket gs://{name}"):
        try:
            clients.storage.create_bucket(name, location=region, retry=RETRY, timeout=TIMEOUT)
        except Conflict as error:
            if _owns(clients, name):  # it was made, and the answer lost
                return
            raise CloudError(
                f"gs://{name} belongs to another project, so the source is not uploaded;"
                " build by a trigger, or with gcloud builds submit --gcs-source-staging-dir"
            ) from error


def _owns(clients: Clients, name: str) -> bool:
    """Return whether a bucket is in the project: one of that name may be somebody else's."""
    with explained(f"looking for the bucket gs://{name}"):
        found = clients.storage.list_buckets(prefix=name, retry=RETRY, timeout=TIMEOUT)
        return any(bucket.name == name for bucket in found)
