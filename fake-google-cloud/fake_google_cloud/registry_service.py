"""Artifact Registry: repositories, the images in them, and the tags that point at images."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, unquote

from google.cloud.artifactregistry_v1.types import (
    DockerImage,
    GetDockerImageRequest,
    GetRepositoryRequest,
    GetTagRequest,
    GetVersionRequest,
    ListDockerImagesRequest,
    ListDockerImagesResponse,
    ListTagsRequest,
    ListTagsResponse,
    Repository,
    Tag,
    Version,
)

from fake_google_cloud.errors import invalid, not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.messages import to_protobuf
from fake_google_cloud.paging import cut_page
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Service, rpc

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_REPOSITORY = "projects/{project}/locations/{location}/repositories/{repository}"
_PACKAGE = _REPOSITORY + "/packages/{package}"


@dataclass
class _Image:
    digest: str
    uploaded: datetime


@dataclass
class _Kept:
    repository: Repository
    images: dict[str, list[_Image]] = field(default_factory=dict)
    """Images by package, in the order in which they came."""
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """Digests by package and tag."""


class Registry(Service):
    """The Docker repositories of the project's region."""

    service = "google.devtools.artifactregistry.v1.ArtifactRegistry"
    api = "artifactregistry.googleapis.com"

    def __init__(self, project: Project) -> None:
        self._project = project
        self._repositories: dict[str, _Kept] = {}

    @property
    def host(self) -> str:
        """The host in the names of images."""
        return f"{self._project.region}-docker.pkg.dev"

    def add_repository(self, name: str) -> _Kept:
        """Make a repository, or return the one there is."""
        full_name = (
            f"projects/{self._project.id}/locations/{self._project.region}/repositories/{name}"
        )
        repository = Repository(
            name=full_name,
            format_=Repository.Format.DOCKER,
            mode=Repository.Mode.STANDARD_REPOSITORY,
            registry_uri=f"{self.host}/{self._project.id}/{name}",
        )
        return self._repositories.setdefault(name, _Kept(repository))

    def add_image(
        self, repository: str, package: str, tag: str, digest: str, uploaded: datetime
    ) -> None:
        """Push an image, and let a tag, if one is named, point at it."""
        kept = self.add_repository(repository)
        images = kept.images.setdefault(package, [])
        if digest not in [image.digest for image in images]:
            images.append(_Image(digest, uploaded))
        if tag:
            kept.tags.setdefault(package, {})[tag] = digest

    def can_push(self, image: str) -> bool:
        """Tell whether an image's repository is here, or of a registry that is not this one."""
        return not image.startswith(f"{self.host}/") or self._split(image)[0] in self._repositories

    def can_pull(self, image: str) -> bool:
        """Tell whether an image is here, or of a registry that is not this one."""
        name, at, digest = image.partition("@")
        repository, package, tag = self._split(name)
        if not image.startswith(f"{self.host}/"):
            return True
        kept = self._repositories.get(repository)
        if not kept:
            return False
        if at:
            return digest in [stored.digest for stored in kept.images.get(package, [])]
        return tag in kept.tags.get(package, {})

    def push(self, image: str, digest: str, uploaded: datetime) -> None:
        """Push an image by its full name, if its repository is here."""
        repository, package, tag = self._split(image)
        if repository in self._repositories:
            self.add_image(repository, package, tag, digest, uploaded)

    def _split(self, image: str) -> tuple[str, str, str]:
        """Return repository, package and tag; no repository if it is not one of this project."""
        name, _, tag = image.partition(":")
        prefix = f"{self.host}/{self._project.id}/"
        if not name.startswith(prefix):
            return "", name, tag
        repository, _, package = name.removeprefix(prefix).partition("/")
        return repository, quote(package, safe=""), tag or "latest"

    @rpc(
        "artifactregistry.repositories.get",
        "GET /v1/{name=projects/*/locations/*/repositories/*}",
    )
    def get_repository(self, request: GetRepositoryRequest) -> Repository:
        """Give a repository."""
        return self._find(self._project.parse(_REPOSITORY, request.name)).repository

    @rpc(
        "artifactregistry.dockerimages.list",
        "GET /v1/{parent=projects/*/locations/*/repositories/*}/dockerImages",
    )
    def list_docker_images(self, request: ListDockerImagesRequest) -> ListDockerImagesResponse:
        """List the images of a repository."""
        kept = self._find(self._project.parse(_REPOSITORY, request.parent))
        images = [
            _docker_image(kept, package, image)
            for package, images in sorted(kept.images.items())
            for image in images
        ]
        if request.order_by:
            images.sort(
                key=lambda image: (image.update_time, image.name),
                reverse=_is_descending(request.order_by),
            )
        page = cut_page(
            images,
            size=request.page_size,
            token=request.page_token,
            query=request.order_by,
            key=lambda image: str(image.name),
        )
        return ListDockerImagesResponse(docker_images=page.items, next_page_token=page.next_token)

    @rpc(
        "artifactregistry.dockerimages.get",
        "GET /v1/{name=projects/*/locations/*/repositories/*/dockerImages/*}",
    )
    def get_docker_image(self, request: GetDockerImageRequest) -> DockerImage:
        """Give an image by `PACKAGE@DIGEST`."""
        parts = self._project.parse(_REPOSITORY + "/dockerImages/{image}", request.name)
        kept = self._find(parts)
        package, _, digest = parts["image"].partition("@")
        return _docker_image(kept, package, _find_image(kept, package, digest))

    @rpc(
        "artifactregistry.tags.get",
        "GET /v1/{name=projects/*/locations/*/repositories/*/packages/*/tags/*}",
    )
    def get_tag(self, request: GetTagRequest) -> Tag:
        """Tell which image a tag points at."""
        parts = self._project.parse(_PACKAGE + "/tags/{tag}", request.name)
        kept = self._find(parts)
        tags = kept.tags.get(parts["package"], {})
        if parts["tag"] not in tags:
            raise not_found("Requested entity was not found.")
        return _tag(kept, parts["package"], parts["tag"])

    @rpc(
        "artifactregistry.tags.list",
        "GET /v1/{parent=projects/*/locations/*/repositories/*/packages/*}/tags",
    )
    def list_tags(self, request: ListTagsRequest) -> ListTagsResponse:
        """List the tags of a package that pass the filter."""
        parts = self._project.parse(_PACKAGE, request.parent)
        kept, package = self._find(parts), parts["package"]
        passes = parse_filter(request.filter)
        tags = [_tag(kept, package, name) for name in sorted(kept.tags.get(package, {}))]
        page = cut_page(
            [tag for tag in tags if passes(to_protobuf(tag))],
            size=request.page_size,
            token=request.page_token,
            query=request.filter,
            key=lambda tag: str(tag.name),
        )
        return ListTagsResponse(tags=page.items, next_page_token=page.next_token)

    @rpc(
        "artifactregistry.versions.get",
        "GET /v1/{name=projects/*/locations/*/repositories/*/packages/*/versions/*}",
    )
    def get_version(self, request: GetVersionRequest) -> Version:
        """Give a version, which is an image's digest."""
        parts = self._project.parse(_PACKAGE + "/versions/{version}", request.name)
        kept, package = self._find(parts), parts["package"]
        image = _find_image(kept, package, parts["version"])
        tags = [
            name for name, digest in kept.tags.get(package, {}).items() if digest == image.digest
        ]
        return Version(
            name=request.name,
            create_time=image.uploaded,
            update_time=image.uploaded,
            related_tags=[_tag(kept, package, name) for name in sorted(tags)],
        )

    def _find(self, parts: dict[str, str]) -> _Kept:
        here = parts["location"] == self._project.region
        if not here or parts["repository"] not in self._repositories:
            raise not_found("Requested entity was not found.")
        return self._repositories[parts["repository"]]


def _find_image(kept: _Kept, package: str, digest: str) -> _Image:
    for image in kept.images.get(package, []):
        if image.digest == digest:
            return image
    raise not_found("Requested entity was not found.")


def _docker_image(kept: _Kept, package: str, image: _Image) -> DockerImage:
    tags = kept.tags.get(package, {})
    return DockerImage(
        name=f"{kept.repository.name}/dockerImages/{package}@{image.digest}",
        uri=f"{kept.repository.registry_uri}/{unquote(package)}@{image.digest}",
        tags=sorted(tag for tag, digest in tags.items() if digest == image.digest),
        image_size_bytes=1_000_000_000,
        upload_time=image.uploaded,
        update_time=image.uploaded,
        build_time=image.uploaded,
        media_type=_MANIFEST,
    )


def _tag(kept: _Kept, package: str, name: str) -> Tag:
    parent = f"{kept.repository.name}/packages/{package}"
    return Tag(
        name=f"{parent}/tags/{name}", version=f"{parent}/versions/{kept.tags[package][name]}"
    )


def _is_descending(order: str) -> bool:
    field_name, _, direction = order.partition(" ")
    if field_name not in ("update_time", "updateTime") or direction not in ("", "asc", "desc"):
        raise invalid(f"Invalid order_by: {order}")
    return direction == "desc"
