"""The fake cloud: one project, its port, and what tests set up in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from fake_google_cloud.builds import Builds
from fake_google_cloud.clock import Clock
from fake_google_cloud.control import control_routes
from fake_google_cloud.jobs import Jobs
from fake_google_cloud.logs import Logging
from fake_google_cloud.policies import Policy
from fake_google_cloud.project import Project
from fake_google_cloud.resources import Resources, quota_id
from fake_google_cloud.server import Server
from fake_google_cloud.services import READ_ONLY, ReadOnlyService
from fake_google_cloud.storage import Storage
from fake_google_cloud.storage.api import StorageApi
from fake_google_cloud.triggers import Triggers

# gcloud's names of the services whose URLs it forms with what stands before `/v1`
_GCLOUD_SERVICES = (
    "AIPLATFORM ARTIFACTREGISTRY CLOUDBUILD CLOUDQUOTAS CLOUDRESOURCEMANAGER IAM LOGGING"
    " SECRETMANAGER SERVICEUSAGE".split()
)


@dataclass(frozen=True)
class Deployment:
    """What a project is made ready for; cs_cloud's `Settings` have the same attributes."""

    project: str = "my-project-1"
    region: str = "europe-west1"
    registry: str = "images"
    data_bucket: str = "gs://tickets/"
    output_bucket: str = "gs://models/jobs/"
    service_account: str = "trainer@my-project-1.iam.gserviceaccount.com"
    wandb_secret: str = "WANDB_API_KEY"  # noqa: S105  its name  # pragma: allowlist secret


class FakeCloud(Server):
    """Google Cloud for tests, on one port of the loopback interface.

    Use it as a context manager. A new project has the APIs that Google enables in every project,
    and nothing else; `ready` makes one that jobs can be submitted to.

    Args:
        project: its id.
        region: where its images are and its jobs run; `add_job_region` adds others for jobs.
        start: what the clock shows first; by default the time it is.
        speed: how many times faster than the wall clock the clock goes; 0 for one that only
            `clock.advance` moves.
    """

    def __init__(
        self,
        project: str = "my-project",
        region: str = "europe-west1",
        *,
        start: datetime | None = None,
        speed: float = 0,
    ) -> None:
        self.project = project
        self.region = region
        self.clock = Clock(start, speed)
        held = self._held = Project(project, region, self.clock)
        storage = self._storage = Storage(self.clock)
        resources = Resources(held)
        jobs, builds = Jobs(held, resources), Builds(held, resources, storage)
        logs = Logging(held, jobs.log_entries, builds.log_entries)
        readers = [ReadOnlyService(held, client) for client in READ_ONLY]
        services = [jobs, builds, logs, Triggers(held), *readers]
        routes = [route for service in services for route in service.routes()]
        routes += StorageApi(storage, held).routes()
        self._apis = {route.api for route in routes}
        commands: dict[str, Callable[..., None]] = {
            "fail": self.fail,
            "fail-job": jobs.fail_job,
            "advance": self.clock.advance,
            "deny": held.deny,
            "enable": held.enable,
            "disable": held.disable,
        }
        super().__init__(held, [*routes, *control_routes(commands)])
        self.before_each.append(builds.settle)

        # each of these is documented where it is defined
        self.add_job_region = held.job_regions.append
        self.enable, self.disable, self.deny = held.enable, held.disable, held.deny
        self.add_repository, self.add_image = resources.add_repository, resources.add_image
        self.add_service_account = resources.add_service_account
        self.add_secret, self.set_quota = resources.add_secret, resources.set_quota
        self.script_jobs, self.fail_job = jobs.script_jobs, jobs.fail_job
        self.script_builds = builds.script_builds

    @classmethod
    def ready(
        cls,
        settings: Deployment,
        *,
        images: Sequence[str] = ("train-cpu", "train-cu128"),
        secret: str = "not-a-real-key",  # noqa: S107  it says itself what it is
        start: datetime | None = None,
        speed: float = 0,
    ) -> Self:
        """Return a project in which everything is as a deployment needs it.

        Its APIs are enabled; the images are there with the tag `latest`, the service account, and
        the secret and the buckets, which that account may use; the quota is one GPU of each kind,
        and 64 CPUs.
        """
        cloud = cls(settings.project, settings.region, start=start, speed=speed)
        cloud.enable(*cloud._apis)
        cloud.add_service_account(settings.service_account)
        member = f"serviceAccount:{settings.service_account}"
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
        for market in ("", "Preemptible"):
            cloud.set_quota(f"CustomModelTraining{market}CPUsPerProjectPerRegion", 64)
        for kind in ("T4", "L4", "V100", "A100"):
            for spot in (False, True):
                cloud.set_quota(quota_id(kind, spot=spot), 1)
        return cloud

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point cs-cloud, Google's clients, gcsfs and gcloud here.

        gcloud keeps its own state: give it a folder of its own as CLOUDSDK_CONFIG.
        """
        overrides = dict.fromkeys(_GCLOUD_SERVICES, f"{self.url}/")
        overrides["STORAGE"] = f"{self.url}/storage/v1/"
        return {
            "CS_CLOUD_ENDPOINT": self.url,
            "GOOGLE_CLOUD_PROJECT": self.project,
            "STORAGE_EMULATOR_HOST": self.url,
            "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_PROJECT": self.project,
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
            **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": url for name, url in overrides.items()},
        }

    def add_bucket(
        self, name: str, location: str = "", *, grants: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Make a bucket, by default in the project's region, or set who has each role on it."""
        bucket = self._storage.add_bucket(name, location or self.region)
        if grants is not None:
            bucket.policy = Policy()
            for role, members in grants.items():
                bucket.policy.add(role, members)

    def grant(self, role: str, member: str, *, bucket: str = "", condition: str = "") -> None:
        """Give a role to a member on a bucket, or on the project if none is named."""
        policy = self._storage.bucket(bucket).policy if bucket else self._held.policies[""]
        policy.add(role, [member], condition)

    def write_object(self, bucket: str, name: str, data: bytes) -> None:
        """Write an object into a bucket."""
        self._storage.put(bucket, name, data)

    def read_objects(self, bucket: str) -> dict[str, bytes]:
        """Return what a bucket holds, by name."""
        with self.lock:
            for step in self.before_each:
                step()
            objects = self._storage.bucket(bucket).objects
            return {name: stored.data for name, stored in objects.items()}
