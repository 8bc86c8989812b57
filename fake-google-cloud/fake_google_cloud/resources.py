"""Sets up what jobs need beside themselves: images, secrets, service accounts and quotas.

What this writes down is what the services answer, the resources' JSON.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import google_crc32c

from fake_google_cloud.clock import timestamp
from fake_google_cloud.errors import ApiError
from fake_google_cloud.policies import Policy
from fake_google_cloud.project import Json, Project

_QUOTAS = "locations/global/services/aiplatform.googleapis.com/quotaInfos"


class Resources:
    """The resources of a project that a test sets up."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept = project.resources
        self._host = f"{project.region}-docker.pkg.dev"

    def add_service_account(self, email: str, *, disabled: bool = False) -> None:
        """Make a service account, or disable or enable the one there is."""
        self._keep(f"serviceAccounts/{email}", email=email, disabled=disabled)

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
        secret, content = f"secrets/{name}", value.encode()
        self._keep(secret)
        policy = self._project.policies[secret] = Policy()
        if readers:
            policy.add("roles/secretmanager.secretAccessor", readers)
        # "latest" stands among the versions, as if it were the one to come
        number = sum(each.startswith(f"{secret}/versions/") for each in self._kept) or 1
        state = "ENABLED" if enabled else "DISABLED"
        version = self._keep(f"{secret}/versions/{number}", state=state)
        self._kept[f"{secret}/versions/latest"] = version
        self._project.payloads[version["name"]] = {
            "data": base64.b64encode(content).decode(),
            "dataCrc32c": str(google_crc32c.value(content)),
        }

    def set_quota(self, quota: str, value: int, *, region: str = "") -> None:
        """Set a limit of Vertex AI, by default in the project's region."""
        region = region or self._project.region
        limits = self._kept.get(f"{_QUOTAS}/{quota}", {}).get("dimensionsInfos", [])
        others = [limit for limit in limits if limit["applicableLocations"] != [region]]
        limit = {
            "dimensions": {"region": region},
            "details": {"value": str(value)},
            "applicableLocations": [region],
        }
        self._keep(f"{_QUOTAS}/{quota}", quotaId=quota, dimensionsInfos=[*others, limit])

    def check_quota(self, jobs: Iterable[Json], region: str) -> None:
        """Refuse jobs that together hold more accelerators than a limit of their region says."""
        wanted: Counter[str] = Counter()
        for job in jobs:
            spot = job["jobSpec"].get("scheduling", {}).get("strategy") == "SPOT"
            for pool in job["jobSpec"]["workerPoolSpecs"]:
                machine, replicas = pool.get("machineSpec", {}), int(pool.get("replicaCount", 1))
                kind = machine.get("acceleratorType", "").removeprefix("NVIDIA_")
                quota = quota_id(kind.removeprefix("TESLA_"), spot=spot)
                wanted[quota] += machine.get("acceleratorCount", 0) * max(replicas, 1)
        for quota, count in wanted.items():
            for limit in self._kept.get(f"{_QUOTAS}/{quota}", {}).get("dimensionsInfos", []):
                at_most = int(limit["details"]["value"])
                if limit["applicableLocations"] == [region] and count > at_most:
                    exceeded = f"The following quota metrics exceed quota limits: {quota}"
                    raise ApiError("RESOURCE_EXHAUSTED", exceeded)

    def add_repository(self, name: str) -> None:
        """Make an Artifact Registry repository for Docker images."""
        self._keep(self._folder(name), format="DOCKER")

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
        folder, package = self._folder(repository), quote(name, safe="")
        moment = timestamp(uploaded or self._project.clock.now())
        uri = f"{self._host}/{self._project.id}/{repository}/{name}@{digest}"
        self.add_repository(repository)
        version = self._keep(f"{folder}/packages/{package}/versions/{digest}", createTime=moment)
        images = f"{folder}/dockerImages/{package}@"
        if images + digest not in self._kept:
            self._keep(images + digest, uri=uri, tags=[], uploadTime=moment, updateTime=moment)
        if tag:
            self._keep(f"{folder}/packages/{package}/tags/{tag}", version=version["name"])
            for image in [kept for each, kept in self._kept.items() if each.startswith(images)]:
                tags = {*image["tags"], tag} if image["uri"] == uri else {*image["tags"]} - {tag}
                image["tags"] = sorted(tags)
        return digest

    def can_push(self, image: str) -> bool:
        """Return whether an image's repository is here, or of a registry that is not this one."""
        return not image.startswith(f"{self._host}/") or self._split(image)[0] in self._kept

    def can_pull(self, image: str) -> bool:
        """Return whether an image is here, or of a registry that is not this one."""
        name, _, digest = image.partition("@")
        folder, package, tag = self._split(name)
        version = f"versions/{digest}" if digest else f"tags/{tag}"
        here = f"{folder}/packages/{quote(package, safe='')}/{version}" in self._kept
        return here or not image.startswith(f"{self._host}/")

    def push(self, image: str, digest: str, uploaded: datetime) -> None:
        """Push an image by its full name, if its repository is here."""
        folder, package, tag = self._split(image)
        if folder in self._kept:
            repository = folder.rpartition("/")[2]
            self.add_image(repository, package, tag=tag, digest=digest, uploaded=uploaded)

    def _keep(self, name: str, **fields: Any) -> Json:  # noqa: ANN401  JSON
        created = {"createTime": timestamp(self._project.clock.now())}
        full_name = f"projects/{self._project.id}/{name}"
        self._kept[name] = {"name": full_name, **created, **fields}
        return self._kept[name]

    def _folder(self, repository: str) -> str:
        return f"locations/{self._project.region}/repositories/{repository}"

    def _split(self, image: str) -> tuple[str, str, str]:
        """Return the resource of the repository, the package and the tag of an image's name."""
        name, _, tag = image.partition(":")
        _, project, repository, package = [*name.split("/", 3), "", "", ""][:4]
        folder = self._folder(repository) if project == self._project.id else ""
        return folder, package, tag or "latest"


def quota_id(accelerator: str, *, spot: bool = False) -> str:
    """Return the id of the quota for an accelerator, such as `T4`, in training."""
    kind = f"{'Preemptible' if spot else ''}{accelerator.replace('_', '')}"
    return f"CustomModelTraining{kind}GPUsPerProjectPerRegion"
