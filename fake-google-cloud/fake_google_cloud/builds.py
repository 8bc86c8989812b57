"""Cloud Build's builds, which go as their scripts say, push their images and write their logs."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Json, Project
from fake_google_cloud.resources import Resources
from fake_google_cloud.rpc import Service, rpc
from fake_google_cloud.scripts import BuildScript, LogLine, Running
from fake_google_cloud.storage import Storage
from fake_google_cloud.substitutions import substitute

_PARENT = "projects/{project}/locations/{location}"
_METADATA = "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata"
_NO_LOG_FILE = ("CLOUD_LOGGING_ONLY", "STACKDRIVER_ONLY", "NONE")
_NO_LOG_ENTRIES = ("GCS_ONLY", "NONE")


@dataclass
class _Build(Running[BuildScript]):
    location: str = ""
    settled: bool = False
    """Whether its images and its complete log are where they belong."""

    def log(self, now: datetime) -> list[LogLine]:
        """Return what the build has logged by a time."""
        started = self.script.start_of("WORKING") or 0
        last = f"ERROR: {self.script.error}" if self.script.error else "DONE"
        first, end = f'starting build "{self.id}"', self.script.duration
        lines = [LogLine(started, first), *self.script.logs, LogLine(end, last)]
        return [line for line in lines if line.after <= self.elapsed(now)]

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
            images = [{"name": name, "digest": self._digest(name)} for name in self.images]
            shown["results"] = {"images": images}
        return shown

    @property
    def images(self) -> list[str]:
        """The names that its images are pushed by: one without a tag becomes `latest` as well."""
        names = []
        for image in self.sent.get("images", []):
            tagged = ":" in image.rpartition("/")[2]  # a digest has a colon, too
            names += [image] if tagged else [image, f"{image}:latest"]
        return names

    def _digest(self, image: str) -> str:
        """Give the tags of one image the same digest."""
        name = image.rpartition("/")[2].partition(":")[0]
        return f"sha256:{hashlib.sha256(f'{self.id} {name}'.encode()).hexdigest()}"


class Builds(Service):
    """The builds, of the global location and of the project's region."""

    client = "google.cloud.devtools.cloudbuild_v1.CloudBuildClient"

    def __init__(self, project: Project, resources: Resources, storage: Storage) -> None:
        super().__init__(project)
        self._resources = resources
        self._storage = storage
        self._builds: dict[str, _Build] = {}
        self.script = BuildScript()

    def script_builds(self, script: BuildScript) -> None:
        """Say how the builds go that are created from now on."""
        self.script = script

    def settle(self) -> None:
        """Write what the builds have logged by now, and push the images of those that are done."""
        now = self.project.clock.now()
        for build in self._builds.values():
            if build.settled:
                continue
            if _keeps_log_file(build.sent):
                bucket, _, folder = build.sent["logsBucket"].removeprefix("gs://").partition("/")
                name = f"{folder.rstrip('/')}/log-{build.id}.txt".lstrip("/")
                text = "".join(f"{line.message}\n" for line in build.log(now)).encode()
                kept = self._storage.bucket(bucket).objects.get(name)
                if not kept or kept.data != text:
                    self._storage.put(bucket, name, text, {"contentType": "text/plain"})
            for image in build.shown(now).get("results", {}).get("images", []):
                pushed = build.created + timedelta(seconds=build.script.duration)
                self._resources.push(image["name"], image["digest"], pushed)
            build.settled = build.is_over(now)

    def log_entries(self) -> Iterator[Json]:
        """Return what Cloud Logging shows of the builds by now."""
        for build in self._builds.values():
            if build.sent.get("options", {}).get("logging") in _NO_LOG_ENTRIES:
                continue
            labels = {"build_id": build.id, "project_id": self.project.id, "build_trigger_id": ""}
            for index, line in enumerate(build.log(self.project.clock.now())):
                yield {
                    "logName": f"projects/{self.project.id}/logs/cloudbuild",
                    "resource": {"type": "build", "labels": labels},
                    "severity": line.severity,
                    "insertId": f"{build.id}-{index}",
                    "timestamp": build.at(line.after),
                    "textPayload": line.message,
                }

    @rpc("cloudbuild.builds.create")
    def create_build(self, request: Json) -> Json:
        """Take a build, and let it go as the script says."""
        location = location_of(self.project, request)
        build = self._start(request["build"], location)
        self._builds[build.id] = build
        name = base64.urlsafe_b64encode(build.id.encode()).decode().rstrip("=")
        metadata = {"@type": _METADATA, "build": build.shown(self.project.clock.now())}
        return {"name": f"operations/build/{self.project.id}/{name}", "metadata": metadata}

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
        identifier, now, number = str(uuid.uuid4()), self.project.clock.now(), self.project.number
        built_in = {
            "PROJECT_ID": self.project.id,
            "PROJECT_NUMBER": number,
            "BUILD_ID": identifier,
            "LOCATION": location,
        }
        sent = substitute(build, built_in)
        check_build(sent)
        if account := sent.get("serviceAccount"):
            self.project.check_act_as(account.rpartition("/")[2])
        if _keeps_log_file(sent):
            if "logsBucket" not in sent:
                default = f"{number}.cloudbuild-logs.googleusercontent.com"
                self._storage.add_bucket(default)
                sent["logsBucket"] = f"gs://{default}"
            bucket = sent["logsBucket"].removeprefix("gs://").partition("/")[0]
            if bucket not in self._storage.buckets:
                raise invalid(f'invalid bucket "{bucket}"; it does not exist')
        sent |= {
            "name": f"projects/{number}/locations/{location}/builds/{identifier}",
            "id": identifier,
            "projectId": self.project.id,
            "timeout": sent.get("timeout", "600s"),
            "queueTtl": sent.get("queueTtl", "3600s"),
            "logUrl": f"https://console.cloud.google.com/cloud-build/builds/{identifier}?project={number}",
        }
        started = _Build(identifier, sent, self._script_for(sent), now, location)
        sent["createTime"] = started.at(0)
        return started

    def _script_for(self, build: Json) -> BuildScript:
        """Return the script, with another end if this build cannot come to the script's."""
        script = self.script
        source = build.get("source", {}).get("storageSource", {})
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
    """Return the location that a request is about, which may be global.

    Raises:
        ApiError: it is none of this project's.
    """
    if "parent" not in request:
        project.check_project(request["projectId"])
        return "global"
    location = project.location(request["parent"])
    if location not in ("global", project.region):
        raise invalid(f"Invalid location: {location}")
    return location


def check_build(build: Json) -> None:
    """Refuse a build that Cloud Build would refuse.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    steps = build.get("steps", [])
    if not 1 <= len(steps) <= 300:
        raise invalid("invalid build: a build has 1 to 300 build steps")
    seen: set[str] = set()
    for index, step in enumerate(steps):
        if not step.get("name"):
            raise invalid(f"invalid build: invalid build step {index}: build step must have a name")
        if unknown := set(step.get("waitFor", [])) - seen - {"-"}:
            waits = f"waits for `{min(unknown)}`, which is no step before it"
            raise invalid(f"invalid build: invalid build step {index}: {waits}")
        identifier = step.get("id")
        if identifier in seen:
            raise invalid(f"invalid build: build step id `{identifier}` is not unique")
        seen |= {identifier} if identifier else set()
    for image in build.get("images", []):
        if not re.fullmatch(r"[a-z0-9.-]+/[\w./-]+(?::[\w.-]+)?(?:@\S+)?", image):
            raise invalid(f"invalid build: invalid image name `{image}`")
    behaviour = build.get("options", {}).get("defaultLogsBucketBehavior")
    has_bucket = build.get("logsBucket") or behaviour
    if build.get("serviceAccount") and _keeps_log_file(build) and not has_bucket:
        raise invalid(
            "if 'build.service_account' is specified, the build must either (a) specify"
            " 'build.logs_bucket', (b) use the REGIONAL_USER_OWNED_BUCKET"
            " build.options.default_logs_bucket_behavior option, or (c) use either"
            " CLOUD_LOGGING_ONLY / NONE logging options"
        )


def _keeps_log_file(build: Json) -> bool:
    return build.get("options", {}).get("logging") not in _NO_LOG_FILE
