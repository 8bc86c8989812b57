"""The fake cloud: one project, its two ports, and what tests set up in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from google.cloud.logging_v2.types import LogEntry

from cs_cloud.settings import Settings
from fake_google_cloud.build_service import Builds
from fake_google_cloud.clock import Clock
from fake_google_cloud.dispatch import Dispatcher, Request
from fake_google_cloud.environment import environment
from fake_google_cloud.grpc_server import GrpcServer
from fake_google_cloud.iam_service import ServiceAccounts
from fake_google_cloud.job_logs import entries_of
from fake_google_cloud.job_service import JobService
from fake_google_cloud.logging_service import Logging
from fake_google_cloud.operations import Operations
from fake_google_cloud.policies import add_grant
from fake_google_cloud.project import Project, ProjectsService
from fake_google_cloud.quota_service import Quotas
from fake_google_cloud.registry_service import Registry
from fake_google_cloud.rest_server import RestServer
from fake_google_cloud.scripts import BuildScript, JobScript
from fake_google_cloud.secret_service import Secrets
from fake_google_cloud.service_usage_service import ServiceUsage
from fake_google_cloud.storage import Storage
from fake_google_cloud.storage_api import StorageApi
from fake_google_cloud.trigger_service import Triggers

_NUMBER = "123456789012"


class FakeCloud:
    """Google Cloud for tests, on the loopback interface, over REST and gRPC.

    Use it as a context manager. A new project has the APIs that Google enables in every project,
    and nothing else; `ready` makes one that jobs can be submitted to.
    """

    def __init__(
        self,
        project: str = "my-project",
        region: str = "europe-west1",
        *,
        start: datetime | None = None,
        speed: float = 0,
    ) -> None:
        """Set up an empty project.

        Args:
            project: its id.
            region: where its images are and its jobs run; `add_job_region` adds others for jobs.
            start: what the clock shows first; by default the time it is.
            speed: how many times faster than the wall clock the clock goes; 0 for one that only
                `clock.advance` moves.
        """
        self.project = project
        self.region = region
        self.clock = Clock(start, speed)
        self._project = Project(project, region, _NUMBER)
        self._accounts = ServiceAccounts(self._project)
        self._quotas = Quotas(self._project)
        self._registry = Registry(self._project)
        self._secrets = Secrets(self._project, self.clock)
        self._storage = Storage(self.clock)
        operations = Operations()
        self._jobs = JobService(
            self._project, self.clock, operations, self._quotas, self._accounts, self._registry
        )
        self._builds = Builds(
            self._project, self.clock, operations, self._registry, self._storage, self._accounts
        )
        services = (
            self._jobs,
            self._builds,
            Triggers(self._project, self.clock),
            operations,
            self._registry,
            self._secrets,
            Logging(self._project, self._job_entries, self._builds.log_entries),
            ServiceUsage(self._project),
            self._quotas,
            ProjectsService(self._project),
            self._accounts,
        )
        self._apis = {service.api for service in services if service.api}
        storage_api = StorageApi(self._storage, self._project)
        self._dispatcher = Dispatcher(
            self._project,
            [method for service in services for method in service.methods()],
            [method.name for method in storage_api.methods],
        )
        self._dispatcher.before_each.append(self._builds.settle)
        self._rest = RestServer(self._dispatcher, storage_api)
        self._grpc = GrpcServer(self._dispatcher)

    @classmethod
    def ready(
        cls,
        settings: Settings,
        *,
        images: Sequence[str] = ("train-cpu", "train-cu128"),
        secret: str = "not-a-real-key",  # noqa: S107  it says itself what it is
        start: datetime | None = None,
        speed: float = 0,
    ) -> Self:
        """Return a project in which everything is as the settings say.

        Its APIs are enabled; the images are there with the tag `latest`, the service account, and
        the secret and the buckets, which that account may use; the quota is one GPU of each kind.

        Args:
            settings: the deployment.
            images: names of the images in the registry.
            secret: the secret's value.
            start: as in `FakeCloud`.
            speed: as in `FakeCloud`.
        """
        cloud = cls(settings.project, settings.region, start=start, speed=speed)
        account = settings.service_account
        cloud.enable(*cloud._apis)
        cloud.add_service_account(account)
        member = f"serviceAccount:{account}"
        cloud.add_secret(settings.wandb_secret, secret, readers=[member])
        for uri, role in (
            (settings.data_bucket, "roles/storage.objectViewer"),
            (settings.output_bucket, "roles/storage.objectUser"),
        ):
            bucket = uri.removeprefix("gs://").partition("/")[0]
            cloud.add_bucket(bucket)
            cloud.grant(role, member, bucket=bucket)
        for image in images:
            cloud.add_image(settings.registry, image)
        for kind in ("T4", "L4", "V100", "A100"):
            for market in ("", "Preemptible"):
                cloud.set_quota(f"CustomModelTraining{market}{kind}GPUsPerProjectPerRegion", 1)
        return cloud

    def __enter__(self) -> Self:
        self._rest.start()
        self._grpc.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._dispatcher.stopping.set()
        self._rest.stop()
        self._grpc.stop()

    def add_job_region(self, region: str) -> None:
        """Let jobs run in one more region."""
        self._project.job_regions.append(region)

    @property
    def url(self) -> str:
        """Where REST is answered, for every service."""
        return f"http://127.0.0.1:{self._rest.port}"

    @property
    def grpc_target(self) -> str:
        """Where gRPC is answered, for every service, without encryption."""
        return f"127.0.0.1:{self._grpc.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point this system, Google's clients and gcloud here."""
        return environment(self.url, self.grpc_target, self.project)

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, the oldest first."""
        with self._dispatcher.lock:
            return tuple(self._dispatcher.requests)

    def enable(self, *apis: str) -> None:
        """Enable APIs, such as `aiplatform.googleapis.com`."""
        self._project.enabled.update(apis)

    def disable(self, *apis: str) -> None:
        """Disable APIs: every call to them is refused."""
        self._project.enabled.difference_update(apis)

    def deny(self, *permissions: str) -> None:
        """Take permissions from the caller: calls that need them are refused."""
        self._project.denied.update(permissions)

    def fail(self, method: str, kind: str, *, times: int = 1, seconds: float = 1) -> None:
        """Let coming calls of a method go wrong.

        Args:
            method: `CreateCustomJob`, with its service where several have one of its name
                (`Projects.TestIamPermissions`), or `storage.objects.insert`.
            kind: `unavailable`, `deadline`, `resource_exhausted`, `permission_denied`,
                `unauthenticated`, `not_found`, `internal`: refused so; `answer_lost`: done, then
                the connection is cut; `slow`: answered late; `garbage`: answered with what is no
                answer.
            times: how many calls go wrong.
            seconds: how late a slow answer is, by the wall clock.

        Raises:
            ValueError: no such method or kind.
        """
        self._dispatcher.order_fault(method, kind, times=times, seconds=seconds)

    def script_jobs(self, script: JobScript) -> None:
        """Say how the jobs go that are created from now on."""
        self._jobs.script = script

    def script_builds(self, script: BuildScript) -> None:
        """Say how the builds go that are created from now on."""
        self._builds.script = script

    def add_repository(self, name: str) -> None:
        """Make an Artifact Registry repository for Docker images."""
        self._registry.add_repository(name)

    def add_image(
        self,
        repository: str,
        name: str,
        *,
        tag: str = "latest",
        digest: str = "",
        uploaded: datetime | None = None,
    ) -> str:
        """Push an image, into a repository that is made if it is not there; return its digest."""
        digest = digest or f"sha256:{hashlib.sha256(f'{repository}/{name}'.encode()).hexdigest()}"
        self._registry.add_image(repository, name, tag, digest, uploaded or self.clock.now())
        return digest

    def add_secret(
        self, name: str, value: str, *, readers: Sequence[str] = (), enabled: bool = True
    ) -> None:
        """Add a version to a secret, which is made if it is not there.

        Args:
            name: the secret's name.
            value: what the version holds.
            readers: who may read it, such as `serviceAccount:E-MAIL`.
            enabled: whether the version can be read at all.
        """
        self._secrets.add(name, value, readers, enabled=enabled)

    def add_bucket(
        self, name: str, location: str = "", *, grants: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Make a bucket, or change who may use the one there is.

        Args:
            name: the bucket's name.
            location: where it is made, by default in the project's region.
            grants: the members, such as `serviceAccount:E-MAIL`, that have each role on it.
        """
        bucket = self._storage.add_bucket(name, location or self.region)
        if grants is not None:
            bucket.policy.Clear()
            for role, members in grants.items():
                add_grant(bucket.policy, role, members)

    def grant(self, role: str, member: str, *, bucket: str = "", condition: str = "") -> None:
        """Give a role to a member on a bucket, or on the project if none is named."""
        where = self._storage.bucket(bucket) if bucket else self._project
        add_grant(where.policy, role, [member], condition)

    def write_object(self, bucket: str, name: str, data: bytes) -> None:
        """Write an object into a bucket."""
        self._storage.put(bucket, name, data)

    def read_objects(self, bucket: str) -> dict[str, bytes]:
        """Return what a bucket holds, by name."""
        with self._dispatcher.lock:
            self._builds.settle()
            objects = self._storage.bucket(bucket).objects
            return {name: stored.data for name, stored in objects.items()}

    def add_service_account(self, email: str, *, disabled: bool = False) -> None:
        """Make a service account."""
        self._accounts.add(email, disabled=disabled)

    def set_quota(self, quota: str, value: int, *, region: str = "") -> None:
        """Set a limit of Vertex AI, by default in the project's region."""
        self._quotas.set(quota, region or self.region, value)

    def _job_entries(self) -> Iterator[LogEntry]:
        for job in self._jobs.jobs():
            yield from entries_of(job, self.project, self.clock.now())
