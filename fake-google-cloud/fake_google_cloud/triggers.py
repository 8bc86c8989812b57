"""Cloud Build's triggers, which gcloud imports; they are kept but never fire."""

from __future__ import annotations

import re
import uuid

from fake_google_cloud.build_checks import check_build
from fake_google_cloud.builds import location_of
from fake_google_cloud.clock import timestamp
from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Json
from fake_google_cloud.rpc import Service, rpc

_EVENTS = "triggerTemplate github pubsubConfig webhookConfig repositoryEventConfig".split()
_BUILDS = ("build", "filename", "gitFileSource", "autodetect")


class Triggers(Service):
    """The triggers, of the global location and of the project's region."""

    client = "google.cloud.devtools.cloudbuild_v1.CloudBuildClient"

    @rpc("cloudbuild.builds.create")
    def create_build_trigger(self, request: Json) -> Json:
        """Keep a trigger."""
        location, trigger = location_of(self.project, request), request["trigger"]
        _check(trigger)
        if any(each["name"] == trigger["name"] for each in self._in(location)):
            raise ApiError("ALREADY_EXISTS", f"trigger {trigger['name']} already exists")
        identifier = str(uuid.uuid4())
        name = f"locations/{location}/triggers/{identifier}"
        self.project.resources[name] = trigger | {
            "id": identifier,
            "resourceName": f"projects/{self.project.id}/{name}",
            "createTime": timestamp(self.project.clock.now()),
        }
        return self.project.resources[name]

    @rpc("cloudbuild.builds.get")
    def get_build_trigger(self, request: Json) -> Json:
        """Return a trigger, by its id or its name."""
        return self._find(request, request.get("name"))

    @rpc("cloudbuild.builds.list")
    def list_build_triggers(self, request: Json) -> Json:
        """Return the triggers of a location."""
        listed = self._in(location_of(self.project, request))
        return page_of("triggers", listed, request, key="id")

    @rpc("cloudbuild.builds.update")
    def update_build_trigger(self, request: Json) -> Json:
        """Replace a trigger."""
        sent = request["trigger"]
        kept = self._find(request, sent.get("resourceName"))
        _check(sent)
        fixed = {key: kept[key] for key in ("id", "resourceName", "createTime")}
        kept.clear()
        kept.update(sent | fixed)
        return kept

    def _in(self, location: str) -> list[Json]:
        under = f"locations/{location}/triggers/"
        return [kept for name, kept in self.project.resources.items() if name.startswith(under)]

    def _find(self, request: Json, name: str | None) -> Json:
        location = self.project.location(name) if name else location_of(self.project, request)
        wanted = name.rpartition("/")[2] if name else request["triggerId"]
        for trigger in self._in(location):
            if wanted in (trigger["id"], trigger["name"]):
                return trigger
        raise not_found(f"Trigger not found: {wanted}")


def _check(trigger: Json) -> None:
    name = trigger.get("name", "")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]", name):
        raise invalid(f"invalid trigger name `{name}`: letters, digits and hyphens, at most 64")
    for needed in (_EVENTS, _BUILDS):
        if not trigger.keys() & set(needed):
            raise invalid(f"trigger must have one of {', '.join(needed)}")
    if "build" in trigger:
        check_build(trigger["build"])
