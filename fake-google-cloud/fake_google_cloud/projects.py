"""Resource Manager and Service Usage: the project itself, and which APIs are enabled in it."""

from __future__ import annotations

from fake_google_cloud.errors import invalid, not_found
from fake_google_cloud.rpc import Json, Service, rpc

_MAX_NAMES = 30


class Projects(Service):
    """The one project."""

    client = "google.cloud.resourcemanager_v3.ProjectsClient"

    @rpc("resourcemanager.projects.get")
    def get_project(self, request: Json) -> Json:
        """Return the project's number and id."""
        self.project.parse("projects/{project}", request["name"])
        return {
            "name": f"projects/{self.project.number}",
            "projectId": self.project.id,
            "displayName": self.project.id,
            "state": "ACTIVE",
        }

    @rpc("resourcemanager.projects.getIamPolicy")
    def get_iam_policy(self, request: Json) -> Json:
        """Return who has which role on the project."""
        self.project.parse("projects/{project}", request["resource"])
        version = request.get("options", {}).get("requestedPolicyVersion", 0)
        return self.project.policy.as_version(version)

    @rpc()
    def test_iam_permissions(self, request: Json) -> Json:
        """Return those of the permissions that the caller has."""
        self.project.parse("projects/{project}", request["resource"])
        return {"permissions": self.project.granted(request.get("permissions", []))}


class ServiceUsage(Service):
    """The APIs of the project."""

    client = "google.cloud.service_usage_v1.ServiceUsageClient"

    @rpc("serviceusage.services.get")
    def batch_get_services(self, request: Json) -> Json:
        """Return of several APIs whether they are enabled."""
        self.project.parse("projects/{project}", request["parent"])
        names = request.get("names", [])
        if len(names) > _MAX_NAMES:
            raise invalid(f"At most {_MAX_NAMES} services can be asked for at once.")
        return {"services": [self._service(name) for name in names]}

    def _service(self, name: str) -> Json:
        api = self.project.parse("projects/{project}/services/{service}", name)["service"]
        if not api.endswith(".googleapis.com"):
            raise not_found(f"Not found or permission denied for service(s): {api}.")
        parent = f"projects/{self.project.number}"
        state = "ENABLED" if api in self.project.enabled else "DISABLED"
        return {"name": f"{parent}/services/{api}", "parent": parent, "state": state}
