"""Cloud Build's builds, which go as their scripts say, push their images and write their logs."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from google.cloud.devtools.cloudbuild_v1.types import (
    Build,
    BuildOperationMetadata,
    CancelBuildRequest,
    CreateBuildRequest,
    GetBuildRequest,
    ListBuildsRequest,
    ListBuildsResponse,
)
from google.cloud.logging_v2.types import LogEntry
from google.longrunning import operations_pb2
from google.rpc import code_pb2

from fake_google_cloud.build_checks import check_build, keeps_log_file
from fake_google_cloud.builds import FINAL, RunningBuild, log_entries
from fake_google_cloud.clock import Clock
from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.iam_service import ServiceAccounts
from fake_google_cloud.messages import from_dict, to_dict, to_protobuf
from fake_google_cloud.operations import Operations
from fake_google_cloud.paging import cut_page
from fake_google_cloud.project import Project
from fake_google_cloud.registry_service import Registry
from fake_google_cloud.rpc import Service, rpc
from fake_google_cloud.scripts import BuildScript
from fake_google_cloud.storage import Storage
from fake_google_cloud.substitutions import substitute

_PARENT = "projects/{project}/locations/{location}"
_DEFAULT_TIMEOUT = timedelta(minutes=10)
_DEFAULT_QUEUE_TTL = timedelta(hours=1)


class Builds(Service):
    """The builds, of the global location and of the project's region."""

    service = "google.devtools.cloudbuild.v1.CloudBuild"
    api = "cloudbuild.googleapis.com"

    def __init__(
        self,
        project: Project,
        clock: Clock,
        operations: Operations,
        registry: Registry,
        storage: Storage,
        accounts: ServiceAccounts,
    ) -> None:
        self._project = project
        self._clock = clock
        self._operations = operations
        self._registry = registry
        self._storage = storage
        self._accounts = accounts
        self._builds: dict[str, RunningBuild] = {}
        self.script = BuildScript()

    def settle(self) -> None:
        """Write what the builds have logged by now, and push the images of those that are done."""
        now = self._clock.now()
        for running in self._builds.values():
            if running.settled:
                continue
            if keeps_log_file(running.sent):
                bucket, _, folder = running.sent.logs_bucket.removeprefix("gs://").partition("/")
                name = f"{folder.rstrip('/')}/log-{running.id}.txt".lstrip("/")
                text = running.log_text(now).encode()
                kept = self._storage.bucket(bucket).objects.get(name)
                if not kept or kept.data != text:
                    self._storage.put(bucket, name, text, content_type="text/plain")
            build = running.at(now)
            for image in build.results.images:
                self._registry.push(image.name, image.digest, build.finish_time)
            running.settled = build.status.name in FINAL

    def log_entries(self) -> Iterator[LogEntry]:
        """Return what Cloud Logging shows of the builds."""
        for running in self._builds.values():
            yield from log_entries(running, self._clock.now())

    @rpc(
        "cloudbuild.builds.create",
        "POST /v1/projects/{project_id}/builds",
        "POST /v1/{parent=projects/*/locations/*}/builds",
        body="build",
    )
    def create_build(self, request: CreateBuildRequest) -> operations_pb2.Operation:
        """Take a build, and let it go as the script says."""
        location = self._location(request.parent, request.project_id)
        running = self._start(request.build, location)
        self._builds[running.id] = running
        encoded = base64.urlsafe_b64encode(running.id.encode()).decode().rstrip("=")
        prefix = (
            f"operations/build/{self._project.id}"
            if location == "global"
            else f"projects/{self._project.id}/locations/{location}/operations"
        )
        return self._operations.add(
            f"{prefix}/{encoded}", lambda: self._operation(f"{prefix}/{encoded}", running)
        )

    @rpc(
        "cloudbuild.builds.get",
        "GET /v1/projects/{project_id}/builds/{id}",
        "GET /v1/{name=projects/*/locations/*/builds/*}",
    )
    def get_build(self, request: GetBuildRequest) -> Build:
        """Give a build as it is now."""
        return self._find(request).at(self._clock.now())

    @rpc(
        "cloudbuild.builds.list",
        "GET /v1/projects/{project_id}/builds",
        "GET /v1/{parent=projects/*/locations/*}/builds",
    )
    def list_builds(self, request: ListBuildsRequest) -> ListBuildsResponse:
        """List the builds that pass the filter, the newest first."""
        location = self._location(request.parent, request.project_id)
        passes = parse_filter(request.filter)
        now = self._clock.now()
        builds = [
            running.at(now)
            for running in reversed(self._builds.values())
            if running.location == location
        ]
        page = cut_page(
            [build for build in builds if passes(to_protobuf(build))],
            size=request.page_size,
            token=request.page_token,
            query=request.filter,
            key=lambda build: str(build.id),
        )
        return ListBuildsResponse(builds=page.items, next_page_token=page.next_token)

    @rpc(
        "cloudbuild.builds.update",
        "POST /v1/projects/{project_id}/builds/{id}:cancel",
        "POST /v1/{name=projects/*/locations/*/builds/*}:cancel",
        body="*",
    )
    def cancel_build(self, request: CancelBuildRequest) -> Build:
        """Cancel a build."""
        running = self._find(request)
        elapsed = running.elapsed(self._clock.now())
        if running.script.state_after(elapsed) in FINAL:
            raise ApiError("FAILED_PRECONDITION", "Cannot cancel a build that has completed.")
        running.script = running.script.cut_after(elapsed, (), "CANCELLED", "Build cancelled.")
        return running.at(self._clock.now())

    def _start(self, build: Build, location: str) -> RunningBuild:
        identifier = str(uuid.uuid4())
        sent = self._substituted(build, identifier, location)
        check_build(sent)
        if sent.service_account:
            self._accounts.check_act_as(sent.service_account.rpartition("/")[2])
        if keeps_log_file(sent):
            sent.logs_bucket = sent.logs_bucket or self._default_logs_bucket()
            bucket = sent.logs_bucket.removeprefix("gs://").partition("/")[0]
            if bucket not in self._storage.buckets:
                raise invalid(f'invalid bucket "{bucket}"; it does not exist')
        sent.name = f"projects/{self._project.number}/locations/{location}/builds/{identifier}"
        sent.id = identifier
        sent.project_id = self._project.id
        sent.create_time = self._clock.now()
        sent.timeout = sent.timeout or _DEFAULT_TIMEOUT
        sent.queue_ttl = sent.queue_ttl or _DEFAULT_QUEUE_TTL
        sent.log_url = (
            f"https://console.cloud.google.com/cloud-build/builds/{identifier}"
            f"?project={self._project.number}"
        )
        return RunningBuild(sent, self._script_for(sent), location)

    def _script_for(self, build: Build) -> BuildScript:
        """Return the script, with another end if this build cannot come to the script's."""
        script = self.script
        source = build.source.storage_source
        bucket = self._storage.buckets.get(source.bucket)
        if source.object and not (bucket and source.object in bucket.objects):
            error = f"fetching source: gs://{source.bucket}/{source.object} does not exist"
            script = replace(script, end="FAILURE", error=error, failure="FETCH_SOURCE_FAILED")
        for image in build.images:
            if not self._registry.can_push(image):
                error = f"pushing {image}: its repository does not exist"
                script = replace(script, end="FAILURE", error=error, failure="PUSH_FAILED")
        started = script.start_of("WORKING") or 0
        limit = started + build.timeout.total_seconds()
        if script.duration > limit:
            script = script.cut_after(limit, (), "TIMEOUT", "build timed out")
        return script

    def _substituted(self, build: Build, identifier: str, location: str) -> Build:
        built_in = {
            "PROJECT_ID": self._project.id,
            "PROJECT_NUMBER": self._project.number,
            "BUILD_ID": identifier,
            "LOCATION": location,
        }
        document = substitute(to_dict(build), built_in)
        substituted: Build = Build.wrap(from_dict(document, Build.pb()))
        return substituted

    def _default_logs_bucket(self) -> str:
        name = f"{self._project.number}.cloudbuild-logs.googleusercontent.com"
        self._storage.add_bucket(name, "us")
        return f"gs://{name}"

    def _operation(self, name: str, running: RunningBuild) -> operations_pb2.Operation:
        build = running.at(self._clock.now())
        operation = operations_pb2.Operation(name=name)
        operation.metadata.Pack(to_protobuf(BuildOperationMetadata(build=build)))
        if build.status == Build.Status.SUCCESS:
            operation.response.Pack(to_protobuf(build))
        elif build.status == Build.Status.CANCELLED:
            operation.error.code = code_pb2.CANCELLED
            operation.error.message = "Build cancelled"
        elif build.status.name in FINAL:
            operation.error.code = code_pb2.UNKNOWN
            operation.error.message = "Build failed; check build logs for details"
        operation.done = build.status.name in FINAL
        return operation

    def _find(self, request: GetBuildRequest | CancelBuildRequest) -> RunningBuild:
        if request.name:
            parts = self._project.parse(_PARENT + "/builds/{build}", request.name)
            identifier, location = parts["build"], parts["location"]
        else:
            self._project.check_project(request.project_id)
            identifier, location = request.id, "global"
        running = self._builds.get(identifier)
        if not running or running.location != location:
            raise not_found("Requested entity was not found.")
        return running

    def _location(self, parent: str, project: str) -> str:
        if not parent:
            self._project.check_project(project)
            return "global"
        location = self._project.parse(_PARENT, parent)["location"]
        if location not in ("global", self._project.region):
            raise invalid(f"Invalid location: {location}")
        return location
