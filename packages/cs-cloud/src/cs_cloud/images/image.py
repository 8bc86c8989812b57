"""Resolves the tag of an image, so that a job runs that image whatever the tag means later."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import RETRY, explained
from cs_cloud.google.clients import Clients

_URI = re.compile(
    r"(([a-z0-9-]+)-docker\.pkg\.dev/([^/]+)/([^/]+)/([^:@]+))"
    r"(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?"
)
_SECONDS = 20


@dataclass(frozen=True)
class Reference:
    """The parts of the URI of an image in Artifact Registry, as its API names them."""

    untagged: str
    """HOST/PROJECT/REPOSITORY/NAME"""
    repository: str
    """projects/PROJECT/locations/LOCATION/repositories/REPOSITORY"""
    name: str
    """May hold slashes."""
    tag: str
    digest: str
    """sha256:…, or ""."""

    @property
    def package(self) -> str:
        """The name of all images that differ by tag or digest alone."""
        return f"{self.repository}/packages/{quote(self.name, safe='')}"

    @property
    def docker_image(self) -> str:
        """The name of the image of this digest."""
        return f"{self.repository}/dockerImages/{quote(self.name, safe='')}@{self.digest}"


def parse_uri(uri: str) -> Reference | None:
    """Return the parts of a URI, the tag `latest` if it has none; None if it is elsewhere."""
    found = _URI.fullmatch(uri)
    if found is None:
        return None
    untagged, location, project, repository, name, tag, digest = found.groups()
    return Reference(
        untagged,
        f"projects/{project}/locations/{location}/repositories/{repository}",
        name,
        tag or "latest",
        digest or "",
    )


@dataclass(frozen=True)
class Image:
    """One image in Artifact Registry."""

    uri: str
    """By digest: HOST/PROJECT/REPOSITORY/NAME@sha256:…"""
    digest: str
    tags: tuple[str, ...]
    uploaded: datetime
    bytes: int

    @property
    def commits(self) -> tuple[str, ...]:
        """Commits that it was built from, if its tags are right, perhaps cut short."""
        return tuple(tag for tag in self.tags if re.fullmatch("[0-9a-f]{7,40}", tag))

    def is_built_from(self, commit: str) -> bool:
        """Return whether it was built from a commit, if its tags are right."""
        return any(commit.startswith(one) for one in self.commits)


def resolve_image(clients: Clients, uri: str) -> Image:
    """Return the image that a URI with a tag or a digest means now.

    Raises:
        CloudError: it is not there, or not in Artifact Registry.
    """
    reference = parse_uri(uri)
    if reference is None:
        raise CloudError(
            f"{uri} is not in Artifact Registry, where images can be checked and pinned by their"
            " digest: REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME:TAG"
        )
    limits: dict[str, Any] = {"timeout": _SECONDS, "retry": RETRY}
    with explained(f"looking for the image {uri}"):
        if not reference.digest:
            tag = clients.images.get(f"{reference.package}/tags/{reference.tag}", **limits)
            version = tag["version"]
            reference = replace(reference, digest=version.rpartition("/")[2])
        image = clients.images.get(reference.docker_image, **limits)
    return Image(
        uri=f"{reference.untagged}@{reference.digest}",
        digest=reference.digest,
        tags=tuple(image.get("tags", ())),
        uploaded=datetime.fromisoformat(image["uploadTime"]),
        bytes=int(image.get("imageSizeBytes", 0)),
    )
