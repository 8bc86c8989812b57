"""IAM: the service accounts of the project."""

from __future__ import annotations

from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Json, Service, rpc

_ACCOUNT = "projects/{project}/serviceAccounts/{account}"


class ServiceAccounts(Service):
    """The service accounts by e-mail address."""

    client = "google.cloud.iam_admin_v1.IAMClient"
    paths = {  # noqa: RUF012  as its base declares it
        "GetServiceAccount": "GET /v1/{name=projects/*/serviceAccounts/*}",
        "TestIamPermissions": "POST /v1/{resource=projects/*/serviceAccounts/*}:testIamPermissions",
    }

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._accounts: dict[str, Json] = {}

    def add_service_account(self, email: str, *, disabled: bool = False) -> None:
        """Make a service account, or disable or enable the one there is."""
        self._accounts[email] = {
            "name": f"projects/{self.project.id}/serviceAccounts/{email}",
            "projectId": self.project.id,
            "uniqueId": str(100_000_000_000_000_000_000 + len(self._accounts)),
            "email": email,
            "disabled": disabled,
        }

    def check_act_as(self, email: str) -> None:
        """Refuse to let a job or build run as an account that is not there."""
        if email not in self._accounts:
            raise ApiError(
                "PERMISSION_DENIED",
                f"You do not have permission to act as service_account: {email}."
                " (or the account may not exist)",
            )
        self.project.check_permission("iam.serviceAccounts.actAs")

    @rpc("iam.serviceAccounts.get")
    def get_service_account(self, request: Json) -> Json:
        """Return an account."""
        return self._find(request["name"])

    @rpc()
    def test_iam_permissions(self, request: Json) -> Json:
        """Return those of the permissions on an account that the caller has."""
        self._find(request["resource"])
        return {"permissions": self.project.granted(request.get("permissions", []))}

    def _find(self, name: str) -> Json:
        name = name.replace("projects/-/", f"projects/{self.project.id}/", 1)
        email = self.project.parse(_ACCOUNT, name)["account"]
        if email not in self._accounts:
            raise not_found(f"Unknown service account: {email}")
        return self._accounts[email]
