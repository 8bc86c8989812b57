"""Check that a job's image is in Artifact Registry."""

from __future__ import annotations

from google.api_core.exceptions import NotFound

from cs_cloud.checks.result import CheckContext, CheckFailedError, NotCheckedError
from cs_cloud.images.image import Reference, parse_uri

_MAX_TAGS = 5


def check_image(context: CheckContext, uri: str, device: str) -> str:
    """Check that an image is there; `nox -s build` builds it for a device."""
    reference = parse_uri(uri)
    if reference is None:
        raise NotCheckedError("is not in Artifact Registry")
    images, package, digest = context.clients.images, reference.package, reference.digest
    try:
        if digest:
            images.get(f"{package}/versions/{digest}", **context.limits)
        else:
            tag = images.get(f"{package}/tags/{reference.tag}", **context.limits)
            digest = tag["version"].rpartition("/")[2]
    except NotFound:
        raise _missing(context, reference, device) from None
    return f"is there: {digest}"


def _missing(context: CheckContext, reference: Reference, device: str) -> CheckFailedError:
    images = context.clients.images
    _, project, _, location, _, repository = reference.repository.split("/")
    try:
        images.get(reference.repository, **context.limits)
    except NotFound:
        return CheckFailedError(
            f"there is no repository {repository} in {location}, so build the image after it",
            f"gcloud artifacts repositories create {repository} --repository-format=docker"
            f" --location={location} --project={project}",
        )
    try:
        page = {"pageSize": _MAX_TAGS + 1}
        listed = images.get(f"{reference.package}/tags", page, **context.limits)
        tags = [tag["name"].rpartition("/")[2] for tag in listed.get("tags", ())]
    except NotFound:
        tags = []
    shown = ", ".join(tags[:_MAX_TAGS]) + ", …" * (len(tags) > _MAX_TAGS)
    there = f"its tags are {shown}" if tags else f"there is no {reference.name} at all"
    return CheckFailedError(f"is not in {repository}: {there}", f"nox -s build -- {device}")
