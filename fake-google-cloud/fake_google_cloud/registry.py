"""Artifact Registry: repositories, the images in them, and the tags that point at images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, unquote

from fake_google_cloud.clock import timestamp
from fake_google_cloud.errors import not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Json, Service, rpc

_REPOSITORY = "projects/{project}/locations/{location}/repositories/{repository}"
_PACKAGE = _REPOSITORY + "/packages/{package}"


@dataclass
class _Package:
    images: dict[str, str] = field(default_factory=dict)
    """When each digest was uploaded, in the order in which they came."""
    tags: dict[str, str] = field(default_factory=dict)
    """The digests that the tags point at."""

    def tags_of(self, digest: str) -> list[str]:
        return sorted(tag for tag, other in self.tags.items() if other == digest)


class Registry(Service):
    """The Docker repositories of the project's region."""

    client = "google.cloud.artifactregistry_v1.ArtifactRegistryClient"

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._host = f"{project.region}-docker.pkg.dev"
        self._repositories: dict[str, dict[str, _Package]] = {}

    def add_repository(self, name: str) -> None:
        """Make an Artifact Registry repository for Docker images."""
        self._repositories.setdefault(name, {})

    def add_image(
        self,
        repository: str,
        name: str,
        *,
        tag: str = "latest",
        digest: str = "",
        uploaded: datetime | None = None,
    ) -> str:
        """Push an image, into a repository that is made if it is not there; return its digest."""
        digest = digest or f"sha256:{hashlib.sha256(f'{repository}/{name}'.encode()).hexdigest()}"
        self.add_repository(repository)
        package = self._repositories[repository].setdefault(name, _Package())
        package.images.setdefault(digest, timestamp(uploaded or self.project.clock.now()))
        if tag:
            package.tags[tag] = digest
        return digest

    def can_push(self, image: str) -> bool:
        """Return whether an image's repository is here, or of a registry that is not this one."""
        return not image.startswith(f"{self._host}/") or self._split(image)[0] in self._repositories

    def can_pull(self, image: str) -> bool:
        """Return whether an image is here, or of a registry that is not this one."""
        if not image.startswith(f"{self._host}/"):
            return True
        name, _, digest = image.partition("@")
        repository, package, tag = self._split(name)
        kept = self._repositories.get(repository, {}).get(package, _Package())
        return digest in kept.images if digest else tag in kept.tags

    def push(self, image: str, digest: str, uploaded: datetime) -> None:
        """Push an image by its full name, if its repository is here."""
        repository, package, tag = self._split(image)
        if repository in self._repositories:
            self.add_image(repository, package, tag=tag, digest=digest, uploaded=uploaded)

    def _split(self, image: str) -> tuple[str, str, str]:
        """Return repository, package and tag; no repository if it is not one of this project."""
        name, _, tag = image.partition(":")
        prefix = f"{self._host}/{self.project.id}/"
        if not name.startswith(prefix):
            return "", name, tag
        repository, _, package = name.removeprefix(prefix).partition("/")
        return repository, quote(package, safe=""), tag or "latest"

    @rpc("artifactregistry.repositories.get")
    def get_repository(self, request: Json) -> Json:
        """Return a repository."""
        self._packages(self.project.parse(_REPOSITORY, request["name"]))
        mode = {"format": "DOCKER", "mode": "STANDARD_REPOSITORY"}
        return {"name": request["name"], **mode}

    @rpc("artifactregistry.dockerimages.list")
    def list_docker_images(self, request: Json) -> Json:
        """Return the images of a repository."""
        packages = self._packages(self.project.parse(_REPOSITORY, request["parent"]))
        images = [
            self._docker_image(f"{request['parent']}/dockerImages/{name}@{digest}")
            for name, package in sorted(packages.items())
            for digest in package.images
        ]
        return page_of("dockerImages", images, request)

    @rpc("artifactregistry.dockerimages.get")
    def get_docker_image(self, request: Json) -> Json:
        """Return an image by `PACKAGE@DIGEST`."""
        return self._docker_image(request["name"])

    @rpc("artifactregistry.tags.get")
    def get_tag(self, request: Json) -> Json:
        """Return the image that a tag points at."""
        parts = self.project.parse(_PACKAGE + "/tags/{tag}", request["name"])
        tags = self._package(parts).tags
        if parts["tag"] not in tags:
            raise not_found()
        return _tag(request["name"].rpartition("/tags/")[0], parts["tag"], tags[parts["tag"]])

    @rpc("artifactregistry.tags.list")
    def list_tags(self, request: Json) -> Json:
        """Return the tags of a package that pass the filter."""
        tags = self._package(self.project.parse(_PACKAGE, request["parent"])).tags
        passes = parse_filter(request.get("filter", ""), "google.devtools.artifactregistry.v1.Tag")
        listed = [_tag(request["parent"], name, digest) for name, digest in sorted(tags.items())]
        return page_of("tags", [tag for tag in listed if passes(tag)], request)

    @rpc("artifactregistry.versions.get")
    def get_version(self, request: Json) -> Json:
        """Return a version, which is an image's digest."""
        parts = self.project.parse(_PACKAGE + "/versions/{version}", request["name"])
        package, digest = self._package(parts), parts["version"]
        if digest not in package.images:
            raise not_found()
        parent = request["name"].rpartition("/versions/")[0]
        tags = [_tag(parent, name, digest) for name in package.tags_of(digest)]
        uploaded = package.images[digest]
        times = {"createTime": uploaded, "updateTime": uploaded}
        return {"name": request["name"], "relatedTags": tags, **times}

    def _packages(self, parts: dict[str, str]) -> dict[str, _Package]:
        here = parts["location"] == self.project.region
        if not here or parts["repository"] not in self._repositories:
            raise not_found()
        return self._repositories[parts["repository"]]

    def _package(self, parts: dict[str, str]) -> _Package:
        return self._packages(parts).get(parts["package"], _Package())

    def _docker_image(self, name: str) -> Json:
        parts = self.project.parse(_REPOSITORY + "/dockerImages/{package}@{digest}", name)
        package, digest = self._package(parts), parts["digest"]
        if digest not in package.images:
            raise not_found()
        uploaded = package.images[digest]
        folder = f"{self._host}/{self.project.id}/{parts['repository']}"
        return {
            "name": name,
            "uri": f"{folder}/{unquote(parts['package'])}@{digest}",
            "tags": package.tags_of(digest),
            "uploadTime": uploaded,
            "updateTime": uploaded,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        }


def _tag(parent: str, name: str, digest: str) -> Json:
    return {"name": f"{parent}/tags/{name}", "version": f"{parent}/versions/{digest}"}
