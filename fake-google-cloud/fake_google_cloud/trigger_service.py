"""Cloud Build's triggers, which are kept but never fire."""

from __future__ import annotations

import re
import uuid

from google.cloud.devtools.cloudbuild_v1.types import (
    BuildTrigger,
    CreateBuildTriggerRequest,
    GetBuildTriggerRequest,
    ListBuildTriggersRequest,
    ListBuildTriggersResponse,
    UpdateBuildTriggerRequest,
)

from fake_google_cloud.build_checks import check_build
from fake_google_cloud.clock import Clock
from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.messages import to_protobuf
from fake_google_cloud.paging import cut_page
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Service, rpc

_PARENT = "projects/{project}/locations/{location}"
_EVENTS = (
    "trigger_template",
    "github",
    "pubsub_config",
    "webhook_config",
    "repository_event_config",
    "source_to_build",  # alone, it makes a trigger that a person starts
)
_BUILDS = ("build", "filename", "git_file_source", "autodetect")


class Triggers(Service):
    """The triggers, of the global location and of the project's region."""

    service = "google.devtools.cloudbuild.v1.CloudBuild"
    api = "cloudbuild.googleapis.com"

    def __init__(self, project: Project, clock: Clock) -> None:
        self._project = project
        self._clock = clock
        self._triggers: dict[tuple[str, str], BuildTrigger] = {}
        """Triggers by location and id."""

    @rpc(
        "cloudbuild.builds.create",
        "POST /v1/projects/{project_id}/triggers",
        "POST /v1/{parent=projects/*/locations/*}/triggers",
        body="trigger",
    )
    def create_build_trigger(self, request: CreateBuildTriggerRequest) -> BuildTrigger:
        """Keep a trigger."""
        location = self._location(request.parent, request.project_id)
        trigger = BuildTrigger(request.trigger)
        _check(trigger)
        if any(
            kept.name == trigger.name and where == location
            for (where, _), kept in self._triggers.items()
        ):
            raise ApiError("ALREADY_EXISTS", f"trigger with name {trigger.name} already exists")
        trigger.id = str(uuid.uuid4())
        trigger.create_time = self._clock.now()
        trigger.resource_name = (
            f"projects/{self._project.id}/locations/{location}/triggers/{trigger.id}"
        )
        self._triggers[location, trigger.id] = trigger
        return trigger

    @rpc(
        "cloudbuild.builds.get",
        "GET /v1/projects/{project_id}/triggers/{trigger_id}",
        "GET /v1/{name=projects/*/locations/*/triggers/*}",
    )
    def get_build_trigger(self, request: GetBuildTriggerRequest) -> BuildTrigger:
        """Give a trigger, by its id or its name."""
        return self._find(request.name, request.project_id, request.trigger_id)

    @rpc(
        "cloudbuild.builds.list",
        "GET /v1/projects/{project_id}/triggers",
        "GET /v1/{parent=projects/*/locations/*}/triggers",
    )
    def list_build_triggers(self, request: ListBuildTriggersRequest) -> ListBuildTriggersResponse:
        """List the triggers of a location."""
        location = self._location(request.parent, request.project_id)
        page = cut_page(
            [trigger for (where, _), trigger in self._triggers.items() if where == location],
            size=request.page_size,
            token=request.page_token,
            query=location,
            key=lambda trigger: str(trigger.id),
        )
        return ListBuildTriggersResponse(triggers=page.items, next_page_token=page.next_token)

    @rpc(
        "cloudbuild.builds.update",
        "PATCH /v1/projects/{project_id}/triggers/{trigger_id}",
        "PATCH /v1/{trigger.resource_name=projects/*/locations/*/triggers/*}",
        body="trigger",
    )
    def update_build_trigger(self, request: UpdateBuildTriggerRequest) -> BuildTrigger:
        """Replace a trigger, or those fields of it that the mask names."""
        kept = self._find(request.trigger.resource_name, request.project_id, request.trigger_id)
        updated = BuildTrigger(request.trigger)
        if request.update_mask.paths:
            updated = BuildTrigger(kept)
            request.update_mask.MergeMessage(
                to_protobuf(request.trigger), to_protobuf(updated), replace_message_field=True
            )
        _check(updated)
        updated.id, updated.create_time = kept.id, kept.create_time
        updated.resource_name = kept.resource_name
        self._triggers[kept.resource_name.split("/")[3], kept.id] = updated
        return updated

    def _find(self, name: str, project: str, identifier: str) -> BuildTrigger:
        location = "global"
        if name:
            parts = self._project.parse(_PARENT + "/triggers/{trigger}", name)
            location, identifier = parts["location"], parts["trigger"]
        else:
            self._project.check_project(project)
        for (where, _), trigger in self._triggers.items():
            if where == location and identifier in (trigger.id, trigger.name):
                return trigger
        raise not_found(f"Trigger not found: {identifier}")

    def _location(self, parent: str, project: str) -> str:
        if not parent:
            self._project.check_project(project)
            return "global"
        location = self._project.parse(_PARENT, parent)["location"]
        if location not in ("global", self._project.region):
            raise invalid(f"Invalid location: {location}")
        return location


def _check(trigger: BuildTrigger) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]", trigger.name):
        raise invalid(
            f"invalid trigger name `{trigger.name}`: letters, digits and hyphens, at most 64"
        )
    if not any(field in trigger for field in _EVENTS):
        raise invalid("trigger must have an event: trigger_template, github, pubsub_config, …")
    if not any(field in trigger for field in _BUILDS):
        raise invalid(f"trigger must have one of {', '.join(_BUILDS)}")
    if "build" in trigger:
        check_build(trigger.build)
