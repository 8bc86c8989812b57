"""Finds, lists and describes the builds of images in Cloud Build."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from google.api_core.retry import Retry
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildStep

from cs_cloud.durations import plain_time
from cs_cloud.google.api_errors import RETRY, TIMEOUT
from cs_cloud.google.log_reader import Log
from cs_cloud.google.resources import Resources, Summary, location_of
from cs_cloud.images.logs import build_log


@dataclass(frozen=True)
class StepSummary:
    """One step of a build."""

    name: str
    state: str
    duration: timedelta | None


@dataclass(frozen=True)
class BuildDescription(Summary):
    """The facts about a build, without its substitutions, which may hold anything."""

    location: str
    images: dict[str, str]
    """Digests by name; empty until they are pushed."""
    steps: tuple[StepSummary, ...]
    service_account: str
    timeout: timedelta | None
    error: str
    console: str


class Builds(Resources[Build]):
    """The builds of some locations."""

    noun, collection, list_command = "build", "builds", "cs-cloud builds list"
    id_form = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    ended = frozenset({"SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"})
    max_searched = 500

    def get(self, name: str, retry: Retry | None = RETRY) -> Build:
        """Return the build of a full name; raise what Google's clients raise."""
        return self.clients.builds.get_build(request={"name": name}, retry=retry, timeout=TIMEOUT)

    def _pages(self, location: str, request: dict[str, Any]) -> Iterable[Build]:
        return self.clients.builds.list_builds(request=request, retry=RETRY, timeout=TIMEOUT)

    @staticmethod
    def state_of(one: Build | BuildStep) -> str:
        """Return the state of a build, or of one of its steps."""
        return str(Build.Status(one.status).name)

    def commands_for(self, name: str) -> str:
        """Return the command that watches a build."""
        return f"watch it: cs-cloud builds log -f {name.rpartition('/')[2]}"

    def log_of(self, one: Build, tail: int | None = None) -> Log:
        """Return the log of a build."""
        return build_log(self.clients, one, tail)


def describe_build(build: Build) -> BuildDescription:
    """Return the facts about a build."""
    pushed = {image.name: image.digest for image in build.results.images}
    return BuildDescription(
        id=build.id,
        state=Builds.state_of(build),
        location=location_of(build.name),
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
        state=Builds.state_of(step),
        duration=timing.end_time - timing.start_time if ran else None,
    )
