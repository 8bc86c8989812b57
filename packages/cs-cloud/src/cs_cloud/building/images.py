"""Finds which image a tag stands for, so that a job runs that one whatever the tag means later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from cs_cloud.errors import CloudError
from cs_cloud.services.api_errors import RETRY, explained
from cs_cloud.services.clients import Clients

IN_REGISTRY = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/"
    r"(?P<name>[^:@]+)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""An image's URI, taken apart."""
_SECONDS = 20


@dataclass(frozen=True)
class Image:
    """One image in Artifact Registry."""

    uri: str
    """By digest: HOST/PROJECT/REPOSITORY/NAME@sha256:…"""
    digest: str
    tags: tuple[str, ...]
    uploaded: datetime
    bytes: int


def resolve_image(clients: Clients, uri: str) -> Image:
    """Return the image that a URI with a tag or a digest means now.

    Raises:
        CloudError: it is not there, or is not in Artifact Registry.
    """
    found = IN_REGISTRY.fullmatch(uri)
    if found is None:
        raise CloudError(
            f"{uri} is not in Artifact Registry, where images can be checked and pinned by their"
            " digest: REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME:TAG"
        )
    part = found.groupdict()
    repository = (
        f"projects/{part['project']}/locations/{part['location']}/repositories/{part['repository']}"
    )
    path = part["name"].replace("/", "%2F")
    digest = part["digest"]
    if digest is None:
        tag = f"{repository}/packages/{path}/tags/{part['tag'] or 'latest'}"
        with explained(f"looking for the image {uri}"):
            version = clients.images.get_tag(name=tag, timeout=_SECONDS, retry=RETRY).version
        digest = version.rpartition("/")[2]
    with explained(f"looking for the image {uri}"):
        image = clients.images.get_docker_image(
            name=f"{repository}/dockerImages/{path}@{digest}", timeout=_SECONDS, retry=RETRY
        )
    return Image(
        uri=f"{uri.partition('@')[0].removesuffix(':' + (part['tag'] or ''))}@{digest}",
        digest=digest,
        tags=tuple(image.tags),
        uploaded=image.upload_time,
        bytes=image.image_size_bytes,
    )
