"""The project that a fake cloud holds: its names, what its caller may do, and its resources."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from fake_google_cloud.clock import Clock
from fake_google_cloud.errors import ApiError, invalid, not_found
from fake_google_cloud.policies import Policy

Json: TypeAlias = dict[str, Any]


class Project:
    """The one project there is, with one region for images and builds, and more for jobs."""

    number = "123456789012"

    def __init__(self, project_id: str, region: str, clock: Clock) -> None:
        self.id = project_id
        self.region = region
        self.clock = clock
        self.job_regions = [region]
        # what Google enables in every new project
        self.enabled = {f"{name}.googleapis.com" for name in ("logging", "serviceusage", "storage")}
        self.denied: set[str] = set()
        about = {"name": f"projects/{self.number}", "projectId": project_id, "state": "ACTIVE"}
        self.resources: dict[str, Json] = {"": about}
        """JSON of what can be read, by the part of its name after `projects/PROJECT/`."""
        self.payloads: dict[str, Json] = {}
        """The values of secrets by the names of their versions."""
        self.policies: dict[str, Policy] = {"": Policy()}
        """Who may use each resource; of the project itself under no name."""

    def enable(self, *apis: str) -> None:
        """Enable APIs, such as `aiplatform.googleapis.com`."""
        self.enabled.update(apis)

    def disable(self, *apis: str) -> None:
        """Disable APIs: every call to them is refused."""
        self.enabled.difference_update(apis)

    def deny(self, *permissions: str) -> None:
        """Take permissions from the caller: calls that need them are refused."""
        self.denied.update(permissions)

    def name(self, full_name: str) -> str:
        """Return what follows `projects/PROJECT/` in a name, whose project must be this one."""
        collection, _, rest = full_name.partition("/")
        project, _, name = rest.partition("/")
        if collection != "projects":
            raise invalid(f"Invalid resource name '{full_name}': expected projects/PROJECT/….")
        self.check_project(project)
        return name

    def find(self, full_name: str) -> Json:
        """Return the JSON of a resource."""
        if (name := self.name(full_name)) not in self.resources:
            raise not_found(f"{full_name} was not found.")
        return self.resources[name]

    def location(self, full_name: str) -> str:
        """Return the location in the name of a resource or of its parent."""
        found = re.match(r"locations/([^/]+)", self.name(full_name))
        if not found:
            raise invalid(f"Invalid resource name '{full_name}': it has no location.")
        return found[1]

    def check_project(self, project: str) -> None:
        """Refuse another project as Google does: not saying whether it exists."""
        if project not in (self.id, self.number, "-"):
            raise self._denied("access", f"projects/{project}")

    def check_call(self, api: str, permission: str) -> None:
        """Refuse a call to an API that is not enabled, or that needs a denied permission."""
        if api and api not in self.enabled:
            raise ApiError(
                "PERMISSION_DENIED",
                f"{api} has not been used in project {self.number} before or it is disabled. Enable"
                f" it by visiting https://console.developers.google.com/apis/api/{api}/overview?"
                f"project={self.number} then retry.",
                "SERVICE_DISABLED",
                service=api,
                consumer=f"projects/{self.number}",
            )
        if permission in self.denied:
            raise self._denied(permission, f"projects/{self.id}")

    def check_act_as(self, email: str) -> None:
        """Refuse to let a job or build run as an account that is not there."""
        if f"serviceAccounts/{email}" not in self.resources:
            raise ApiError(
                "PERMISSION_DENIED",
                f"You do not have permission to act as service_account: {email}."
                " (or the account may not exist)",
            )
        self.check_call("", "iam.serviceAccounts.actAs")

    def granted(self, permissions: list[str]) -> list[str]:
        """Return those of the permissions that are not denied."""
        return [permission for permission in permissions if permission not in self.denied]

    def _denied(self, permission: str, resource: str) -> ApiError:
        return ApiError(
            "PERMISSION_DENIED",
            f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
            "IAM_PERMISSION_DENIED",
            permission=permission,
            resource=resource,
        )
