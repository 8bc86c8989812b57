"""The services whose resources are only read: what reads them, and what that takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Json
from fake_google_cloud.rpc import Service, rpc

Handler = Callable[[Any, Json], Json]


def getter(permission: str) -> Handler:
    """Return a handler that answers with the resource of a name."""

    @rpc(permission)
    def get(self: Service, request: Json) -> Json:
        return self.project.find(request["name"])

    return get


def lister(permission: str, field: str, message: str) -> Handler:
    """Return a handler that answers with the resources of a collection, which `field` names."""

    @rpc(permission)
    def list_(self: Service, request: Json) -> Json:
        under = f"{self.project.name(request['parent'])}/{field}/"
        passes = parse_filter(request.get("filter", ""), message)
        found = [each for name, each in sorted(self.project.resources.items()) if under in name]
        return page_of(field, [each for each in found if passes(each)], request)

    return list_


def policy_getter(permission: str) -> Handler:
    """Return a handler that answers with the policy of a resource."""

    @rpc(permission)
    def get_iam_policy(self: Service, request: Json) -> Json:
        name = self.project.name(request["resource"])
        if name not in self.project.policies:
            raise not_found(f"{request['resource']} was not found.")
        version = request.get("options", {}).get("requestedPolicyVersion", 0)
        return self.project.policies[name].as_version(version)

    return get_iam_policy


@rpc()
def test_permissions(self: Service, request: Json) -> Json:
    """Answer with those of the permissions on a resource that the caller has."""
    if self.project.name(request["resource"]):
        self.project.find(request["resource"])
    return {"permissions": self.project.granted(request.get("permissions", []))}


class ArtifactRegistry(Service):
    """Artifact Registry."""

    client = "google.cloud.artifactregistry_v1.ArtifactRegistryClient"

    get_repository = getter("artifactregistry.repositories.get")
    get_docker_image = getter("artifactregistry.dockerimages.get")
    get_tag = getter("artifactregistry.tags.get")
    get_version = getter("artifactregistry.versions.get")
    list_tags = lister(
        "artifactregistry.tags.list", "tags", "google.devtools.artifactregistry.v1.Tag"
    )
    list_docker_images = lister(
        "artifactregistry.dockerimages.list",
        "dockerImages",
        "google.devtools.artifactregistry.v1.DockerImage",
    )


class SecretManager(Service):
    """Secret Manager."""

    client = "google.cloud.secretmanager_v1.SecretManagerServiceClient"

    get_secret = getter("secretmanager.secrets.get")
    get_secret_version = getter("secretmanager.versions.get")
    get_iam_policy = policy_getter("secretmanager.secrets.getIamPolicy")

    @rpc("secretmanager.versions.access")
    def access_secret_version(self, request: Json) -> Json:
        """Return the value of a version."""
        version = self.project.find(request["name"])
        name, state = version["name"], version["state"]
        if state != "ENABLED":
            raise ApiError("FAILED_PRECONDITION", f"Secret Version [{name}] is in {state} state.")
        return {"name": name, "payload": self.project.payloads[name]}


class Quotas(Service):
    """Cloud Quotas."""

    client = "google.cloud.cloudquotas_v1.CloudQuotasClient"

    get_quota_info = getter("cloudquotas.quotas.get")


class ServiceAccounts(Service):
    """IAM, whose own client speaks only gRPC."""

    api = "iam.googleapis.com"
    paths = {  # noqa: RUF012  as its base declares it
        "GetServiceAccount": "GET /v1/{name=projects/*/serviceAccounts/*}",
        "TestIamPermissions": "POST /v1/{resource=projects/*/serviceAccounts/*}:testIamPermissions",
    }

    get_service_account = getter("iam.serviceAccounts.get")
    test_iam_permissions = test_permissions


class Projects(Service):
    """Resource Manager."""

    client = "google.cloud.resourcemanager_v3.ProjectsClient"

    get_iam_policy = policy_getter("resourcemanager.projects.getIamPolicy")
    test_iam_permissions = test_permissions

    @rpc("resourcemanager.projects.get")
    def get_project(self, request: Json) -> Json:
        """Return the project's number and id."""
        self.project.name(request["name"])
        project = {"name": f"projects/{self.project.number}", "projectId": self.project.id}
        return {**project, "state": "ACTIVE"}


class ServiceUsage(Service):
    """Service Usage: which APIs are enabled."""

    client = "google.cloud.service_usage_v1.ServiceUsageClient"

    @rpc("serviceusage.services.get")
    def batch_get_services(self, request: Json) -> Json:
        """Return of several APIs whether they are enabled."""
        self.project.name(request["parent"])
        names = request.get("names", [])
        if len(names) > 30:
            raise invalid("At most 30 services can be asked for at once.")
        return {"services": [self._service(name) for name in names]}

    def _service(self, name: str) -> Json:
        api = self.project.name(name).removeprefix("services/")
        state = "ENABLED" if api in self.project.enabled else "DISABLED"
        return {"name": f"projects/{self.project.number}/services/{api}", "state": state}
