"""Finds, lists and describes the builds of images in Cloud Build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import islice

from google.api_core.exceptions import BadRequest, NotFound
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildStep

from cs_cloud.durations import plain_time
from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import RETRY, TIMEOUT, explained
from cs_cloud.google.clients import Clients
from cs_cloud.settings import Settings

ENDED = frozenset({"SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"})
"""The states that a build stays in."""

_RESOURCE = re.compile(r"projects/([^/]+)/locations/([^/]+)/builds/([^/]+)")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SEARCHED = 500
"""How many of the newest builds are searched for how an id begins."""


@dataclass(frozen=True)
class StepSummary:
    """One step of a build."""

    name: str
    state: str
    duration: timedelta | None


@dataclass(frozen=True)
class BuildDescription:
    """What there is to tell of a build, without its substitutions, which may hold anything."""

    id: str
    state: str
    location: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    images: dict[str, str]
    """Digests by name; empty until they are pushed."""
    steps: tuple[StepSummary, ...]
    service_account: str
    timeout: timedelta | None
    error: str
    console: str

    def duration(self, now: datetime) -> timedelta | None:
        """Return how long it has run, or ran; None if it never did."""
        return (self.ended or now) - self.started if self.started else None


def state_of(build: Build) -> str:
    """Return the state of a build."""
    return str(Build.Status(build.status).name)


def list_builds(clients: Clients, settings: Settings, limit: int) -> list[Build]:
    """Return the newest builds, those of the region and those that belong to none.

    Raises:
        CloudError: they cannot be listed.
    """
    found: list[Build] = []
    for location in _locations(settings):
        parent = f"projects/{settings.project}/locations/{location}"
        with explained(f"listing the builds of {settings.project} in {location}"):
            pages = clients.builds.list_builds(
                request={"parent": parent, "page_size": min(limit, 100)},
                retry=RETRY,
                timeout=TIMEOUT,
            )
            found += islice(pages, limit)
    return sorted(found, key=lambda build: build.create_time, reverse=True)[:limit]


def find_build(clients: Clients, settings: Settings, text: str) -> Build:
    """Return the build that a person means.

    Args:
        clients: the clients.
        settings: the deployment.
        text: its id, how the id begins, or its full resource name.

    Raises:
        CloudError: no build fits, or several do.
    """
    if _RESOURCE.fullmatch(text):
        with explained(f"reading build {text.rpartition('/')[2]}"):
            return _get(clients, text)
    if _ID.fullmatch(text):
        for location in _locations(settings):
            name = f"projects/{settings.project}/locations/{location}/builds/{text}"
            with explained(f"reading build {text} in {location}"):
                try:
                    return _get(clients, name)
                except (NotFound, BadRequest):
                    continue
    newest = list_builds(clients, settings, _SEARCHED)
    found = [build for build in newest if text and build.id.startswith(text)]
    if not found:
        near = get_close_matches(text, [build.id for build in newest], n=1)
        hint = f"did you mean {near[0]}?" if near else "see those there are: cs-cloud builds list"
        raise CloudError(f"there is no build {text} in {settings.project}; {hint}")
    if len(found) > 1:
        told = ", ".join(f"{build.id} ({state_of(build)})" for build in found[:5])
        raise CloudError(f"{text} fits several builds; name one of {told}")
    return found[0]


def describe_build(build: Build) -> BuildDescription:
    """Return what is to be told of a build."""
    pushed = {image.name: image.digest for image in build.results.images}
    return BuildDescription(
        id=build.id,
        state=state_of(build),
        location=build.name.split("/")[3],
        created=plain_time(build.create_time),
        started=plain_time(build.start_time) if build.start_time else None,
        ended=plain_time(build.finish_time) if build.finish_time else None,
        images={name: pushed.get(name, "") for name in build.images},
        steps=tuple(_step(step) for step in build.steps),
        service_account=build.service_account,
        timeout=build.timeout,
        error=build.failure_info.detail or build.status_detail,
        console=build.log_url,
    )


def _step(step: BuildStep) -> StepSummary:
    timing = step.timing
    ran = timing and timing.start_time and timing.end_time
    return StepSummary(
        name=step.id or step.name,
        state=str(Build.Status(step.status).name),
        duration=timing.end_time - timing.start_time if ran else None,
    )


def _get(clients: Clients, name: str) -> Build:
    return clients.builds.get_build(request={"name": name}, retry=RETRY, timeout=TIMEOUT)


def _locations(settings: Settings) -> tuple[str, str]:
    # `gcloud builds submit` without a region makes builds that belong to none
    return settings.region, "global"
