"""IAM: the service accounts of the project."""

from __future__ import annotations

from google.cloud.iam_admin_v1.types import GetServiceAccountRequest, ServiceAccount
from google.iam.v1 import iam_policy_pb2

from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Service, rpc

_ANY_PROJECT = "projects/-/"


class ServiceAccounts(Service):
    """The service accounts by e-mail address."""

    service = "google.iam.admin.v1.IAM"
    api = "iam.googleapis.com"

    def __init__(self, project: Project) -> None:
        self._project = project
        self._accounts: dict[str, ServiceAccount] = {}

    def add(self, email: str, *, disabled: bool = False) -> None:
        """Make a service account, or disable or enable the one there is."""
        self._accounts[email] = ServiceAccount(
            name=f"projects/{self._project.id}/serviceAccounts/{email}",
            project_id=self._project.id,
            unique_id=str(100_000_000_000_000_000_000 + len(self._accounts)),
            email=email,
            disabled=disabled,
        )

    def check_act_as(self, email: str) -> None:
        """Refuse to let a job or build run as an account that is not there."""
        if email not in self._accounts:
            raise ApiError(
                "PERMISSION_DENIED",
                f"You do not have permission to act as service_account: {email}."
                " (or the account may not exist)",
            )
        self._project.check_permission("iam.serviceAccounts.actAs")

    @rpc("iam.serviceAccounts.get", "GET /v1/{name=projects/*/serviceAccounts/*}")
    def get_service_account(self, request: GetServiceAccountRequest) -> ServiceAccount:
        """Give an account."""
        return self._find(request.name)

    @rpc("", "POST /v1/{resource=projects/*/serviceAccounts/*}:testIamPermissions", body="*")
    def test_iam_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        """Give those of the permissions on an account that the caller has."""
        self._find(request.resource)
        return iam_policy_pb2.TestIamPermissionsResponse(
            permissions=self._project.granted(list(request.permissions))
        )

    def _find(self, name: str) -> ServiceAccount:
        if name.startswith(_ANY_PROJECT):
            name = name.replace(_ANY_PROJECT, f"projects/{self._project.id}/", 1)
        parts = self._project.parse("projects/{project}/serviceAccounts/{account}", name)
        email = parts["account"]
        if email not in self._accounts:
            raise not_found(f"Unknown service account: {email}")
        return self._accounts[email]
