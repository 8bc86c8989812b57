"""Checks that a job's image is in Artifact Registry."""

from __future__ import annotations

from itertools import islice

from google.api_core.exceptions import NotFound

from cs_cloud.checks.asking import Asking
from cs_cloud.checks.check import CheckFailedError, NotCheckedError
from cs_cloud.google.api_errors import explained
from cs_cloud.images.image import parse_uri

_MOST_TAGS = 5


def check_image(asking: Asking, uri: str, target: str) -> str:
    """See that an image is there.

    Args:
        asking: whom to ask.
        uri: the image's, with a tag or a digest.
        target: what `nox -s build` is told to make it.
    """
    reference = parse_uri(uri)
    if reference is None:
        raise NotCheckedError("is not in Artifact Registry")
    images, package, digest = asking.clients.images, reference.package, reference.digest
    with explained(f"looking for the image {uri}"):
        try:
            if digest:
                images.get_version(name=f"{package}/versions/{digest}", **asking.limits)
            else:
                version = images.get_tag(
                    name=f"{package}/tags/{reference.tag}", **asking.limits
                ).version
                digest = version.rpartition("/")[2]
        except NotFound:
            _check_repository(asking, reference.repository)
            tags = _tags(asking, package)
            there = f"its tags are {tags}" if tags else f"there is no {reference.name} at all"
            repository = reference.repository.rpartition("/")[2]
            raise CheckFailedError(
                f"is not in {repository}: {there}", f"nox -s build -- {target}"
            ) from None
    return f"is there: {digest}"


def _check_repository(asking: Asking, name: str) -> None:
    try:
        asking.clients.images.get_repository(name=name, **asking.limits)
    except NotFound as error:
        _, project, _, location, _, repository = name.split("/")
        raise CheckFailedError(
            f"there is no repository {repository} in {location}, so build the image after it",
            f"gcloud artifacts repositories create {repository} --repository-format=docker"
            f" --location={location} --project={project}",
        ) from error


def _tags(asking: Asking, package: str) -> str:
    """Return some tags of a package, "" if it has none or is not there."""
    try:
        listed = asking.clients.images.list_tags(parent=package, **asking.limits)
        names = [tag.name.rpartition("/")[2] for tag in islice(listed, _MOST_TAGS + 1)]
    except NotFound:
        return ""
    return ", ".join(names[:_MOST_TAGS]) + (", …" if len(names) > _MOST_TAGS else "")
