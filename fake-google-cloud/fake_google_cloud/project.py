"""The project that a fake cloud holds: its names, its enabled APIs, and what its caller may do."""

from __future__ import annotations

import re

from fake_google_cloud.clock import Clock
from fake_google_cloud.errors import ApiError, invalid
from fake_google_cloud.policies import Policy


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
        self.policy = Policy()

    def add_job_region(self, region: str) -> None:
        """Let jobs run in one more region."""
        self.job_regions.append(region)

    def enable(self, *apis: str) -> None:
        """Enable APIs, such as `aiplatform.googleapis.com`."""
        self.enabled.update(apis)

    def disable(self, *apis: str) -> None:
        """Disable APIs: every call to them is refused."""
        self.enabled.difference_update(apis)

    def deny(self, *permissions: str) -> None:
        """Take permissions from the caller: calls that need them are refused."""
        self.denied.update(permissions)

    def parse(self, template: str, name: str) -> dict[str, str]:
        """Return the variable parts of a resource's name, whose project must be this one.

        Args:
            template: such as `projects/{project}/secrets/{secret}`.
            name: such as `projects/my-project/secrets/KEY`.
        """
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), name)
        if not found:
            raise invalid(f"Invalid resource name '{name}': expected the form '{template}'.")
        self.check_project(found["project"])
        return found.groupdict()

    def check_project(self, project: str) -> None:
        """Refuse another project as Google does: not saying whether it exists."""
        if project not in (self.id, self.number):
            raise self._denied("access", f"projects/{project}")

    def check_api(self, api: str) -> None:
        """Refuse a call to an API that is not enabled."""
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

    def check_permission(self, permission: str) -> None:
        """Refuse a call that needs a permission denied before."""
        if permission in self.denied:
            raise self._denied(permission, f"projects/{self.id}")

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
