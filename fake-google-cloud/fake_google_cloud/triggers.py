"""Cloud Build's triggers, which gcloud imports; they are kept but never fire."""

from __future__ import annotations

import re
import uuid

from fake_google_cloud.builds import check_build, location_of
from fake_google_cloud.clock import timestamp
from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Json, Service, rpc

_EVENTS = {
    "triggerTemplate",
    "github",
    "pubsubConfig",
    "webhookConfig",
    "repositoryEventConfig",
    "sourceToBuild",  # alone, it makes a trigger that a person starts
}
_BUILDS = ("build", "filename", "gitFileSource", "autodetect")


class Triggers(Service):
    """The triggers, of the global location and of the project's region."""

    client = "google.cloud.devtools.cloudbuild_v1.CloudBuildClient"

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._triggers: dict[str, Json] = {}
        """Triggers by the name of the resource."""

    @rpc("cloudbuild.builds.create")
    def create_build_trigger(self, request: Json) -> Json:
        """Keep a trigger."""
        location, trigger = location_of(self.project, request), request["trigger"]
        _check(trigger)
        parent = f"projects/{self.project.id}/locations/{location}/triggers"
        names = [name for name, kept in self._triggers.items() if kept["name"] == trigger["name"]]
        if any(name.startswith(parent) for name in names):
            raise ApiError("ALREADY_EXISTS", f"trigger {trigger['name']} already exists")
        identifier = str(uuid.uuid4())
        name = f"{parent}/{identifier}"
        created = timestamp(self.project.clock.now())
        self._triggers[name] = trigger | {
            "id": identifier,
            "resourceName": name,
            "createTime": created,
        }
        return self._triggers[name]

    @rpc("cloudbuild.builds.get")
    def get_build_trigger(self, request: Json) -> Json:
        """Return a trigger, by its id or its name."""
        return self._find(request.get("name"), request)

    @rpc("cloudbuild.builds.list")
    def list_build_triggers(self, request: Json) -> Json:
        """Return the triggers of a location."""
        part = f"/locations/{location_of(self.project, request)}/"
        listed = [trigger for name, trigger in self._triggers.items() if part in name]
        return page_of("triggers", listed, request, key="id")

    @rpc("cloudbuild.builds.update")
    def update_build_trigger(self, request: Json) -> Json:
        """Replace a trigger."""
        sent = request["trigger"]
        kept = self._find(sent.get("resourceName"), request)
        _check(sent)
        fixed = {key: kept[key] for key in ("id", "resourceName", "createTime")}
        self._triggers[kept["resourceName"]] = sent | fixed
        return self._triggers[kept["resourceName"]]

    def _find(self, name: str | None, request: Json) -> Json:
        parent, identifier = "locations/global/triggers", request.get("triggerId")
        if name:
            parts = self.project.parse(
                "projects/{project}/locations/{location}/triggers/{trigger}", name
            )
            parent, identifier = f"locations/{parts['location']}/triggers", parts["trigger"]
        else:
            self.project.check_project(request["projectId"])
        for full_name, trigger in self._triggers.items():
            if parent in full_name and identifier in (trigger["id"], trigger["name"]):
                return trigger
        raise not_found(f"Trigger not found: {identifier}")


def _check(trigger: Json) -> None:
    name = trigger.get("name", "")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]", name):
        raise invalid(f"invalid trigger name `{name}`: letters, digits and hyphens, at most 64")
    if not _EVENTS & trigger.keys():
        raise invalid("trigger must have an event: trigger_template, github, pubsub_config, …")
    if not any(field in trigger for field in _BUILDS):
        raise invalid(f"trigger must have one of {', '.join(_BUILDS)}")
    if "build" in trigger:
        check_build(trigger["build"])
