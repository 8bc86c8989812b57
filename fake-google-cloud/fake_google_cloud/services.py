"""The services whose resources are only read, and the permission that each method takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Json, Project
from fake_google_cloud.rpc import Handler, Service

READ_ONLY: Mapping[str, Mapping[str, str]] = {
    "google.cloud.artifactregistry_v1.ArtifactRegistryClient": {
        "get_repository": "artifactregistry.repositories.get",
        "get_docker_image": "artifactregistry.dockerimages.get",
        "list_docker_images": "artifactregistry.dockerimages.list",
        "get_tag": "artifactregistry.tags.get",
        "list_tags": "artifactregistry.tags.list",
        "get_version": "artifactregistry.versions.get",
    },
    "google.cloud.cloudquotas_v1.CloudQuotasClient": {
        "get_quota_info": "cloudquotas.quotas.get",
    },
    "google.cloud.resourcemanager_v3.ProjectsClient": {
        "get_project": "resourcemanager.projects.get",
        "get_iam_policy": "resourcemanager.projects.getIamPolicy",
        "test_iam_permissions": "",
    },
    "google.cloud.secretmanager_v1.SecretManagerServiceClient": {
        "get_secret": "secretmanager.secrets.get",  # pragma: allowlist secret
        "get_iam_policy": "secretmanager.secrets.getIamPolicy",
        "get_secret_version": "secretmanager.versions.get",  # pragma: allowlist secret
        "access_secret_version": "secretmanager.versions.access",  # pragma: allowlist secret
    },
    "google.cloud.service_usage_v1.ServiceUsageClient": {
        "batch_get_services": "serviceusage.services.get",
    },
    # the service accounts of IAM, whose client speaks only gRPC
    "": {
        "get_service_account": "iam.serviceAccounts.get",
        "test_iam_permissions": "",
    },
}
_PATHS_OF_ACCOUNTS = {
    "get_service_account": "GET /v1/{name=projects/*/serviceAccounts/*}",
    "test_iam_permissions": ("POST /v1/{resource=projects/*/serviceAccounts/*}:testIamPermissions"),
}


class ReadOnlyService(Service):
    """One of these services."""

    api = "iam.googleapis.com"

    def __init__(self, project: Project, client: str) -> None:
        super().__init__(project)
        self.client = client
        self.paths = {} if client else _PATHS_OF_ACCOUNTS

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Return names, permissions and what answers: one handler for all that `get` something."""
        special: dict[str, Handler] = {
            "access_secret_version": self._access,
            "batch_get_services": self._services,
            "get_iam_policy": self._policy,
            "test_iam_permissions": self._permissions,
        }
        for name, permission in READ_ONLY[self.client].items():
            plain = self._list(name) if name.startswith("list_") else self._get
            yield name, permission, special.get(name, plain)

    def _get(self, request: Json) -> Json:
        return self.project.find(request["name"])

    def _list(self, method: str) -> Handler:
        field = re.sub(r"_(\w)", lambda found: found[1].upper(), method.removeprefix("list_"))

        def answer(request: Json) -> Json:
            under = f"{self.project.name(request['parent'])}/{field}/"
            kept = sorted(self.project.resources.items())
            return page_of(field, [each for name, each in kept if name.startswith(under)], request)

        return answer

    def _access(self, request: Json) -> Json:
        version = self.project.find(request["name"])
        name, state = version["name"], version["state"]
        if state != "ENABLED":
            raise ApiError("FAILED_PRECONDITION", f"Secret Version [{name}] is in {state} state.")
        return {"name": name, "payload": self.project.payloads[name]}

    def _policy(self, request: Json) -> Json:
        name = self.project.name(request["resource"])
        if name not in self.project.policies:
            raise not_found(f"{request['resource']} was not found.")
        version = request.get("options", {}).get("requestedPolicyVersion", 0)
        return self.project.policies[name].as_version(version)

    def _permissions(self, request: Json) -> Json:
        self.project.find(request["resource"])
        return {"permissions": self.project.granted(request.get("permissions", []))}

    def _services(self, request: Json) -> Json:
        names = request.get("names", [])
        if len(names) > 30:
            raise invalid("At most 30 services can be asked for at once.")
        apis = [self.project.name(name).removeprefix("services/") for name in names]
        states = {api: "ENABLED" if api in self.project.enabled else "DISABLED" for api in apis}
        parent = f"projects/{self.project.number}/services"
        return {"services": [{"name": f"{parent}/{api}", "state": states[api]} for api in apis]}
