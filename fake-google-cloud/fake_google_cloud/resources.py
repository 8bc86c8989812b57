"""Sets up what jobs need beside themselves: images, secrets, service accounts and quotas.

What this writes down is what the services then answer, the resources' JSON.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

import google_crc32c

from fake_google_cloud.clock import timestamp
from fake_google_cloud.errors import ApiError
from fake_google_cloud.policies import Policy
from fake_google_cloud.project import Json, Project

_QUOTAS = "locations/global/services/aiplatform.googleapis.com/quotaInfos"
# The part of a quota's id that stands for an accelerator.
_ACCELERATORS = {
    "NVIDIA_TESLA_P4": "P4",
    "NVIDIA_TESLA_P100": "P100",
    "NVIDIA_TESLA_V100": "V100",
    "NVIDIA_TESLA_T4": "T4",
    "NVIDIA_L4": "L4",
    "NVIDIA_TESLA_A100": "A100",
    "NVIDIA_A100_80GB": "A10080GB",
    "NVIDIA_H100_80GB": "H100",
    "NVIDIA_H200_141GB": "H200",
}


class Resources:
    """The resources of a project that a test sets up."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept = project.resources
        self._host = f"{project.region}-docker.pkg.dev"

    def add_service_account(self, email: str, *, disabled: bool = False) -> None:
        """Make a service account, or disable or enable the one there is."""
        name = f"serviceAccounts/{email}"
        self._kept[name] = {
            "name": f"projects/{self._project.id}/{name}",
            "email": email,
            "disabled": disabled,
        }

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
        secret, project = f"secrets/{name}", f"projects/{self._project.number}"
        created = {"createTime": timestamp(self._project.clock.now())}
        self._kept.setdefault(secret, {"name": f"{project}/{secret}", "replication": {}, **created})
        policy = self._project.policies[secret] = Policy()
        if readers:
            policy.add("roles/secretmanager.secretAccessor", readers)
        # "latest" stands among the versions, as if it were the one to come
        number = sum(each.startswith(f"{secret}/versions/") for each in self._kept) or 1
        version = f"{secret}/versions/{number}"
        content = value.encode()
        payload = {
            "data": base64.b64encode(content).decode(),
            "dataCrc32c": str(google_crc32c.value(content)),
        }
        self._kept[version] = self._kept[f"{secret}/versions/latest"] = {
            "name": f"{project}/{version}",
            "state": "ENABLED" if enabled else "DISABLED",
            **created,
        }
        self._project.payloads[f"{project}/{version}"] = payload

    def set_quota(self, quota: str, value: int, *, region: str = "") -> None:
        """Set a limit of Vertex AI, by default in the project's region."""
        name, region = f"{_QUOTAS}/{quota}", region or self._project.region
        info = self._kept.setdefault(
            name,
            {
                "name": f"projects/{self._project.number}/{name}",
                "quotaId": quota,
                "dimensions": ["region"],
                "dimensionsInfos": [],
            },
        )
        others = [
            each for each in info["dimensionsInfos"] if each["dimensions"]["region"] != region
        ]
        limit = {
            "dimensions": {"region": region},
            "details": {"value": str(value)},
            "applicableLocations": [region],
        }
        info["dimensionsInfos"] = [*others, limit]

    def check_quota(self, jobs: Iterable[Json], region: str) -> None:
        """Refuse jobs that together hold more accelerators than a limit of their region says."""
        wanted: Counter[str] = Counter()
        for job in jobs:
            spot = job["jobSpec"].get("scheduling", {}).get("strategy") == "SPOT"
            for pool in job["jobSpec"]["workerPoolSpecs"]:
                machine = pool.get("machineSpec", {})
                if kind := _ACCELERATORS.get(machine.get("acceleratorType")):
                    replicas = max(int(pool.get("replicaCount", 1)), 1)
                    wanted[quota_id(kind, spot=spot)] += machine["acceleratorCount"] * replicas
        for quota, count in wanted.items():
            for limit in self._kept.get(f"{_QUOTAS}/{quota}", {}).get("dimensionsInfos", []):
                here = limit["dimensions"]["region"] == region
                if here and count > int(limit["details"]["value"]):
                    exceeded = "The following quota metrics exceed quota limits"
                    raise ApiError(
                        "RESOURCE_EXHAUSTED", f"{exceeded}: aiplatform.googleapis.com/{quota}"
                    )

    def add_repository(self, name: str) -> None:
        """Make an Artifact Registry repository for Docker images."""
        repository = self._repository(name)
        full_name = f"projects/{self._project.id}/{repository}"
        self._kept[repository] = {"name": full_name, "format": "DOCKER"}

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
        moment = timestamp(uploaded or self._project.clock.now())
        self.add_repository(repository)
        folder, project = self._repository(repository), f"projects/{self._project.id}"
        package = f"{folder}/packages/{quote(name, safe='')}"
        version, image = f"{package}/versions/{digest}", f"{quote(name, safe='')}@{digest}"
        self._kept.setdefault(
            version, {"name": f"{project}/{version}", "createTime": moment, "relatedTags": []}
        )
        self._kept.setdefault(
            f"{folder}/dockerImages/{image}",
            {
                "name": f"{project}/{folder}/dockerImages/{image}",
                "uri": f"{self._host}/{self._project.id}/{repository}/{name}@{digest}",
                "uploadTime": moment,
                "updateTime": moment,
            },
        )
        if tag:
            full_name = f"{project}/{package}/tags/{tag}"
            self._kept[f"{package}/tags/{tag}"] = {
                "name": full_name,
                "version": f"{project}/{version}",
            }
        self._point_tags(folder, package)
        return digest

    def _point_tags(self, folder: str, package: str) -> None:
        """Write into each image of a package which tags point at it."""
        under = f"{package}/tags/"
        tags = [self._kept[name] for name in sorted(self._kept) if name.startswith(under)]
        for name in [name for name in self._kept if name.startswith(f"{package}/versions/")]:
            related = [tag for tag in tags if tag["version"].endswith(name)]
            self._kept[name]["relatedTags"] = related
            image = f"{package.rpartition('/')[2]}@{name.rpartition('/')[2]}"
            short = [tag["name"].rpartition("/")[2] for tag in related]
            self._kept[f"{folder}/dockerImages/{image}"]["tags"] = short

    def can_push(self, image: str) -> bool:
        """Return whether an image's repository is here, or of a registry that is not this one."""
        folder, _, _ = self._split(image)
        return not image.startswith(f"{self._host}/") or folder in self._kept

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

    def _repository(self, name: str) -> str:
        return f"locations/{self._project.region}/repositories/{name}"

    def _split(self, image: str) -> tuple[str, str, str]:
        """Return the resource of the repository, the package and the tag of an image's name."""
        name, _, tag = image.partition(":")
        _, project, repository, package = [*name.split("/", 3), "", "", ""][:4]
        folder = self._repository(repository) if project == self._project.id else ""
        return folder, package, tag or "latest"


def quota_id(accelerator: str, *, spot: bool = False) -> str:
    """Return the id of the quota for an accelerator, such as `T4`, in training."""
    kind = f"{'Preemptible' if spot else ''}{accelerator}"
    return f"CustomModelTraining{kind}GPUsPerProjectPerRegion"
