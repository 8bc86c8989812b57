"""Service Usage: which APIs are enabled."""

from __future__ import annotations

from google.cloud.service_usage_v1.types import (
    BatchGetServicesRequest,
    BatchGetServicesResponse,
    GetServiceRequest,
    State,
)
from google.cloud.service_usage_v1.types import Service as ServiceMessage

from fake_google_cloud.errors import invalid, not_found
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Service, rpc

_MOST_NAMES = 30


class ServiceUsage(Service):
    """The APIs of the project."""

    service = "google.api.serviceusage.v1.ServiceUsage"
    api = "serviceusage.googleapis.com"

    def __init__(self, project: Project) -> None:
        self._project = project

    @rpc("serviceusage.services.get", "GET /v1/{name=projects/*/services/*}")
    def get_service(self, request: GetServiceRequest) -> ServiceMessage:
        """Tell whether an API is enabled."""
        parts = self._project.parse("projects/{project}/services/{service}", request.name)
        api = parts["service"]
        if not api.endswith(".googleapis.com"):
            raise not_found(f"Not found or permission denied for service(s): {api}.")
        parent = f"projects/{self._project.number}"
        state = State.ENABLED if api in self._project.enabled else State.DISABLED
        return ServiceMessage(name=f"{parent}/services/{api}", parent=parent, state=state)

    @rpc("serviceusage.services.get", "GET /v1/{parent=projects/*}/services:batchGet")
    def batch_get_services(self, request: BatchGetServicesRequest) -> BatchGetServicesResponse:
        """Tell of several APIs whether they are enabled."""
        self._project.parse("projects/{project}", request.parent)
        if len(request.names) > _MOST_NAMES:
            raise invalid(f"At most {_MOST_NAMES} services can be asked for at once.")
        return BatchGetServicesResponse(
            services=[self.get_service(GetServiceRequest(name=name)) for name in request.names]
        )
