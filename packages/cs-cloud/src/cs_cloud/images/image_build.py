"""Builds a training image in Cloud Build, unless its commit has been built already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from google.api_core.exceptions import NotFound
from google.cloud.devtools.cloudbuild_v1.types import Build, Source, StorageSource

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import TIMEOUT
from cs_cloud.google.clients import Clients
from cs_cloud.google.resources import Started
from cs_cloud.images.cloud_builds import Builds
from cs_cloud.images.image import Image, resolve_image
from cs_cloud.images.image_recipe import Recipe
from cs_cloud.settings import Settings
from cs_cloud.strict_yaml.messages import locate_message

_LOCATION = "global"
"""As `gcloud builds submit` without a region: every project has quota there."""


def read_build(path: Path, recipe: Recipe, settings: Settings) -> Build:
    """Return the build of an image, without its source, from `.gcp/cloudbuild.yaml`.

    Raises:
        CloudError: the file is not a build of an image.
    """
    located = locate_message(path, Build)
    build = located.message
    values = {
        "_DEVICE": recipe.device,
        "_IMAGE_NAME": recipe.name,
        "_DOCKERFILE": recipe.dockerfile,
        "_COMMIT": recipe.commit,
        "_REGION": settings.region,
        "_REGISTRY": settings.registry,
    }
    if missing := sorted(values.keys() - build.substitutions.keys()):
        raise located.fault("substitutions", f"must hold {', '.join(missing)}")
    build.substitutions.update(values)
    # so that Cloud Build records the digest under each of its tags
    build.images = [f"{recipe.image}:{tag}" for tag in recipe.tags]
    return build


def find_built(clients: Clients, recipe: Recipe) -> Image | None:
    """Return the image that was built from the recipe's commit, if there is one."""
    if not recipe.commit or recipe.changed:
        return None
    try:
        return resolve_image(clients, f"{recipe.image}:{recipe.commit}")
    except CloudError as error:
        if isinstance(error.__cause__, NotFound):
            return None
        raise


def start_build(
    clients: Clients,
    build: Build,
    source: StorageSource,
    report: Callable[[str], None],
) -> Started[Build]:
    """Start a build of an uploaded source, unless the same one is live already.

    `report` is called with a line when something is tried again.

    Raises:
        CloudError: it cannot be started.
    """
    sent = Build(build)
    sent.source = Source(storage_source=source)
    # the same for what is built in the same way from the same source
    digest = hashlib.sha256(Build.to_json(sent, sort_keys=True).encode()).hexdigest()
    sent.tags.append(f"submission-{digest[:32]}")
    builds = Builds(clients, (_LOCATION,))

    def live() -> Sequence[Build]:
        return builds.live(_LOCATION, f'tags="{sent.tags[-1]}"')

    def create() -> Build:
        request = {"parent": builds.parent(_LOCATION), "build": sent}
        operation = clients.builds.create_build(request=request, retry=None, timeout=TIMEOUT)
        made: Build = operation.metadata.build
        return made

    if there := live():
        return Started(there[0], existed=True)
    action = f"starting the build in {clients.project}"
    return builds.create_once(create, live, action=action, report=report)


def digest_of(build: Build) -> str:
    """Return the digest of the image that a build has pushed; CloudError if there is none."""
    for image in build.results.images:
        return str(image.digest)
    raise CloudError(f"build {build.id} has pushed no image; its log: {build.log_url}")
