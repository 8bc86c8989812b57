"""The project that a fake cloud holds: its names, its enabled APIs, and what its caller may do."""

from __future__ import annotations

import re

from google.cloud.resourcemanager_v3.types import GetProjectRequest
from google.cloud.resourcemanager_v3.types import Project as ProjectMessage
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.rpc import error_details_pb2

from fake_google_cloud.errors import ApiError, invalid
from fake_google_cloud.policies import as_version
from fake_google_cloud.rpc import Service, rpc

# What Google enables in every new project.
_ENABLED_AT_FIRST = ("logging", "serviceusage", "storage")


class Project:
    """The one project there is, with one region."""

    def __init__(self, project_id: str, region: str, number: str) -> None:
        self.id = project_id
        self.region = region
        self.job_regions = [region]
        self.number = number
        self.enabled = {f"{name}.googleapis.com" for name in _ENABLED_AT_FIRST}
        self.denied: set[str] = set()
        self.policy = policy_pb2.Policy()

    def parse(self, template: str, name: str) -> dict[str, str]:
        """Take a resource's name apart, and see that its project is this one.

        Args:
            template: such as `projects/{project}/secrets/{secret}`.
            name: such as `projects/my-project/secrets/KEY`.
        """
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        found = re.fullmatch(pattern, name)
        if not found:
            raise invalid(f"Invalid resource name '{name}': expected the form '{template}'.")
        parts = found.groupdict()
        self.check_project(parts["project"])
        return parts

    def check_project(self, project: str) -> None:
        """Refuse another project as Google does: not saying whether it is there."""
        if project not in (self.id, self.number):
            raise self._denied("access", f"projects/{project}")

    def check_api(self, api: str) -> None:
        """Refuse a call to an API that is not enabled."""
        if not api or api in self.enabled:
            return
        info = error_details_pb2.ErrorInfo(
            reason="SERVICE_DISABLED",
            domain="googleapis.com",
            metadata={"service": api, "consumer": f"projects/{self.number}"},
        )
        raise ApiError(
            "PERMISSION_DENIED",
            f"{api} has not been used in project {self.number} before or it is disabled. Enable it"
            f" by visiting https://console.developers.google.com/apis/api/{api}/overview?"
            f"project={self.number} then retry.",
            info,
        )

    def check_permission(self, permission: str) -> None:
        """Refuse a call that needs a permission denied before."""
        if permission in self.denied:
            raise self._denied(permission, f"projects/{self.id}")

    def granted(self, permissions: list[str]) -> list[str]:
        """Return those of the permissions that are not denied."""
        return [permission for permission in permissions if permission not in self.denied]

    def _denied(self, permission: str, resource: str) -> ApiError:
        info = error_details_pb2.ErrorInfo(
            reason="IAM_PERMISSION_DENIED",
            domain="iam.googleapis.com",
            metadata={"permission": permission, "resource": resource},
        )
        return ApiError(
            "PERMISSION_DENIED",
            f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
            info,
        )


class ProjectsService(Service):
    """Resource Manager: the project itself."""

    service = "google.cloud.resourcemanager.v3.Projects"
    api = "cloudresourcemanager.googleapis.com"

    def __init__(self, project: Project) -> None:
        self._project = project

    @rpc("resourcemanager.projects.get", "GET /v3/{name=projects/*}")
    def get_project(self, request: GetProjectRequest) -> ProjectMessage:
        """Give the project's number and id."""
        self._project.parse("projects/{project}", request.name)
        return ProjectMessage(
            name=f"projects/{self._project.number}",
            project_id=self._project.id,
            display_name=self._project.id,
            state=ProjectMessage.State.ACTIVE,
        )

    @rpc(
        "resourcemanager.projects.getIamPolicy",
        "POST /v3/{resource=projects/*}:getIamPolicy",
        body="*",
    )
    def get_iam_policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        """Tell who has which role on the project."""
        self._project.parse("projects/{project}", request.resource)
        return as_version(self._project.policy, request.options.requested_policy_version)

    @rpc("", "POST /v3/{resource=projects/*}:testIamPermissions", body="*")
    def test_iam_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        """Give those of the permissions that the caller has."""
        self._project.parse("projects/{project}", request.resource)
        return iam_policy_pb2.TestIamPermissionsResponse(
            permissions=self._project.granted(list(request.permissions))
        )
