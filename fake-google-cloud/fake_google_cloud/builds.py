"""Cloud Build's builds, which go as their scripts say, push their images and write their logs."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fake_google_cloud.build_checks import check_build
from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Json, Project
from fake_google_cloud.resources import Resources
from fake_google_cloud.rpc import Service, rpc
from fake_google_cloud.scripts import BuildScript, LogLine, Running
from fake_google_cloud.storage import Storage
from fake_google_cloud.substitutions import substitute

_METADATA = "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata"


@dataclass
class _Build(Running[BuildScript]):
    location: str = ""
    settled: bool = False
    """Whether its images and its complete log are where they belong."""

    def log(self, now: datetime) -> list[LogLine]:
        """Return what the build has logged by a time."""
        started, script = self.script.start_of("WORKING") or 0, self.script
        last = LogLine(script.duration, f"ERROR: {script.error}" if script.error else "DONE")
        lines = [LogLine(started, f'starting build "{self.id}"'), *script.logs, last]
        return [replace(line, as_text=True) for line in lines if line.after <= self.elapsed(now)]

    def shown(self, now: datetime) -> Json:
        """Return the build as it is at a time."""
        state, error = self.state(now), self.script.error
        shown = self.sent | {"status": state}
        shown["steps"] = [step | {"status": state} for step in self.sent["steps"]]
        shown |= self.times(now, "WORKING", "startTime", "finishTime")
        if self.is_over(now) and error:
            shown["statusDetail"] = error
        if state == "FAILURE":
            shown["failureInfo"] = {"type": self.script.failure, "detail": error}
        if state == "SUCCESS":
            shown["results"] = {"images": self.images()}
        return shown

    def images(self) -> list[Json]:
        """Return what it pushes: an image without a tag becomes `latest` as well."""
        pushed = []
        for image in self.sent.get("images", []):
            name, _, tag = image.rpartition("/")[2].partition(":")
            # the tags of one image have the same digest
            digest = f"sha256:{hashlib.sha256(f'{self.id} {name}'.encode()).hexdigest()}"
            names = [image] if tag else [image, f"{image}:latest"]
            pushed += [{"name": each, "digest": digest} for each in names]
        return pushed


class Builds(Service):
    """The builds, of the global location and of the project's region."""

    client = "google.cloud.devtools.cloudbuild_v1.CloudBuildClient"

    def __init__(self, project: Project, resources: Resources, storage: Storage) -> None:
        super().__init__(project)
        self._resources = resources
        self._storage = storage
        self._builds: dict[str, _Build] = {}
        self._script = BuildScript()

    def script_builds(self, script: BuildScript) -> None:
        """Say how the builds go that are created from now on."""
        self._script = script

    def settle(self) -> None:
        """Write what the builds have logged by now, and push the images of those that are done."""
        now = self.project.clock.now()
        for build in [build for build in self._builds.values() if not build.settled]:
            if folder := build.sent.get("logsBucket", ""):
                bucket, _, folder = folder.removeprefix("gs://").partition("/")
                name = f"{folder.rstrip('/')}/log-{build.id}.txt".lstrip("/")
                text = "".join(f"{line.message}\n" for line in build.log(now)).encode()
                kept = self._storage.bucket(bucket).objects.get(name)
                if not kept or kept.data != text:
                    self._storage.put(bucket, name, text, {"contentType": "text/plain"})
            for image in build.images() if build.state(now) == "SUCCESS" else ():
                pushed = build.created + timedelta(seconds=build.script.duration)
                self._resources.push(image["name"], image["digest"], pushed)
            build.settled = build.is_over(now)

    def log_entries(self) -> Iterator[Json]:
        """Return what Cloud Logging shows of the builds by now."""
        for build in self._builds.values():
            if build.sent.get("options", {}).get("logging") in ("GCS_ONLY", "NONE"):
                continue
            labels = {"build_id": build.id, "project_id": self.project.id, "build_trigger_id": ""}
            for index, line in enumerate(build.log(self.project.clock.now())):
                log = f"projects/{self.project.id}/logs/cloudbuild"
                yield build.log_entry(line, index, log, type="build", labels=labels)

    @rpc("cloudbuild.builds.create")
    def create_build(self, request: Json) -> Json:
        """Take a build, and let it go as the script says."""
        build = self._start(request["build"], location_of(self.project, request))
        self._builds[build.id] = build
        metadata = {"@type": _METADATA, "build": build.shown(self.project.clock.now())}
        return {"name": f"operations/build/{self.project.id}/{build.id}", "metadata": metadata}

    @rpc("cloudbuild.builds.get")
    def get_build(self, request: Json) -> Json:
        """Return a build as it is now."""
        return self._find(request).shown(self.project.clock.now())

    @rpc("cloudbuild.builds.list")
    def list_builds(self, request: Json) -> Json:
        """Return the builds that pass the filter, the newest first."""
        location, now = location_of(self.project, request), self.project.clock.now()
        passes = parse_filter(request.get("filter", ""), "google.devtools.cloudbuild.v1.Build")
        builds = [build for build in self._builds.values() if build.location == location]
        listed = [shown for build in builds[::-1] if passes(shown := build.shown(now))]
        return page_of("builds", listed, request, key="id")

    @rpc("cloudbuild.builds.cancel")
    def cancel_build(self, request: Json) -> Json:
        """Cancel a build."""
        build, now = self._find(request), self.project.clock.now()
        if build.is_over(now):
            raise ApiError("FAILED_PRECONDITION", "Cannot cancel a build that has completed.")
        build.script = build.script.cut_after(build.elapsed(now), "CANCELLED", "Build cancelled.")
        return build.shown(now)

    def _start(self, build: Json, location: str) -> _Build:
        identifier, number = str(uuid.uuid4()), self.project.number
        built_in = {"PROJECT_ID": self.project.id, "PROJECT_NUMBER": number, "LOCATION": location}
        sent = substitute(build, built_in | {"BUILD_ID": identifier})
        if check_build(sent):
            if "logsBucket" not in sent:
                default = f"{number}.cloudbuild-logs.googleusercontent.com"
                self._storage.add_bucket(default)
                sent["logsBucket"] = f"gs://{default}"
            bucket = sent["logsBucket"].removeprefix("gs://").partition("/")[0]
            if bucket not in self._storage.buckets:
                raise invalid(f'invalid bucket "{bucket}"; it does not exist')
        if account := sent.get("serviceAccount"):
            self.project.check_act_as(account.rpartition("/")[2])
        sent = {"timeout": "600s", "queueTtl": "3600s", **sent, "id": identifier}
        sent["name"] = f"projects/{number}/locations/{location}/builds/{identifier}"
        sent["projectId"] = self.project.id
        console = "https://console.cloud.google.com/cloud-build/builds"
        sent["logUrl"] = f"{console}/{identifier}?project={number}"
        now = self.project.clock.now()
        started = _Build(identifier, sent, self._script_for(sent), now, location)
        sent["createTime"] = started.at(0)
        return started

    def _script_for(self, build: Json) -> BuildScript:
        """Return the script, with another end if this build cannot come to the script's."""
        script, source = self._script, build.get("source", {}).get("storageSource", {})
        bucket = self._storage.buckets.get(source.get("bucket", ""))
        if source and not (bucket and source["object"] in bucket.objects):
            error = f"fetching source: gs://{source['bucket']}/{source['object']} does not exist"
            script = replace(script, end="FAILURE", error=error, failure="FETCH_SOURCE_FAILED")
        for image in build.get("images", []):
            if not self._resources.can_push(image):
                error = f"pushing {image}: its repository does not exist"
                script = replace(script, end="FAILURE", error=error, failure="PUSH_FAILED")
        limit = (script.start_of("WORKING") or 0) + float(build["timeout"].removesuffix("s"))
        if script.duration > limit:
            script = script.cut_after(limit, "TIMEOUT", "build timed out")
        return script

    def _find(self, request: Json) -> _Build:
        identifier, location = request.get("id", ""), "global"
        if name := request.get("name"):
            identifier, location = name.rpartition("/")[2], self.project.location(name)
        build = self._builds.get(identifier)
        if not build or build.location != location:
            raise not_found(f"There is no build {identifier}.")
        return build


def location_of(project: Project, request: Json) -> str:
    """Return the location that a request is about; refuse what is none of this project's."""
    if "parent" not in request:
        project.check_project(request["projectId"])
        return "global"
    location = project.location(request["parent"])
    if location not in ("global", project.region):
        raise invalid(f"Invalid location: {location}")
    return location
