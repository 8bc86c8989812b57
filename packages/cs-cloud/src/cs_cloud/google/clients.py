"""The official clients of Google's services, each made when it is first asked for.

All speak REST, which passes proxies and needs no open stream. With CS_CLOUD_ENDPOINT they speak,
without credentials, to a server on this machine: `fake_google_cloud`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
    from google.cloud.cloudquotas_v1 import CloudQuotasClient
    from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient
    from google.cloud.logging import Client as GoogleLoggingClient
    from google.cloud.resourcemanager_v3 import ProjectsClient
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.cloud.service_usage_v1 import ServiceUsageClient
    from google.cloud.storage import Client as StorageClient

    from cs_cloud.google.service_accounts import ServiceAccounts
    from cs_cloud.google.vertex import JobServiceClient

ENDPOINT = "CS_CLOUD_ENDPOINT"
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


class Clients:
    """Clients for one project, with the credentials that this machine has.

    Args:
        project: the project's id.
        environ: the environment.

    Raises:
        CloudError: an endpoint is named that is not on this machine. The clients themselves, when
            they are first asked for, raise it if there are no credentials.
    """

    def __init__(self, project: str, environ: Mapping[str, str] = os.environ) -> None:
        self.project = project
        self._endpoint = _on_this_machine(ENDPOINT, environ)
        self._jobs: dict[str, JobServiceClient] = {}

    @cached_property
    def credentials(self) -> Credentials:
        """What the clients show; the application default credentials."""
        import google.auth
        from google.auth.credentials import AnonymousCredentials
        from google.auth.exceptions import GoogleAuthError
        from google.oauth2.credentials import Credentials as UserCredentials

        from cs_cloud.google.api_errors import LOGIN

        if self._endpoint:
            return AnonymousCredentials()
        try:
            found, _ = google.auth.default(scopes=_SCOPES)
        except GoogleAuthError as error:
            told = " ".join(str(error).split()).partition(". ")[0]
            raise CloudError(f"no credentials: {told}", LOGIN) from error
        # A person's requests are charged to a project; an account's are to its own, and to charge
        # them to another would take a permission more.
        if isinstance(found, UserCredentials) and not found.quota_project_id and self.project:
            found = found.with_quota_project(self.project)
        credentials: Credentials = found
        return credentials

    def jobs(self, region: str) -> JobServiceClient:
        """Vertex AI's jobs in a region, which answers at an address of its own."""
        from cs_cloud.google.vertex import JobServiceClient

        if region not in self._jobs:
            address = f"https://{region}-aiplatform.googleapis.com"
            self._jobs[region] = JobServiceClient(**self._rest(address))
        return self._jobs[region]

    @cached_property
    def builds(self) -> CloudBuildClient:
        """Cloud Build."""
        from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient

        return CloudBuildClient(**self._rest())

    @cached_property
    def images(self) -> ArtifactRegistryClient:
        """Artifact Registry."""
        from google.cloud.artifactregistry_v1 import ArtifactRegistryClient

        return ArtifactRegistryClient(**self._rest())

    @cached_property
    def secrets(self) -> SecretManagerServiceClient:
        """Secret Manager."""
        from google.cloud.secretmanager_v1 import SecretManagerServiceClient

        return SecretManagerServiceClient(**self._rest())

    @cached_property
    def services(self) -> ServiceUsageClient:
        """Service Usage: which APIs are enabled."""
        from google.cloud.service_usage_v1 import ServiceUsageClient

        return ServiceUsageClient(**self._rest())

    @cached_property
    def quotas(self) -> CloudQuotasClient:
        """Cloud Quotas."""
        from google.cloud.cloudquotas_v1 import CloudQuotasClient

        return CloudQuotasClient(**self._rest())

    @cached_property
    def projects(self) -> ProjectsClient:
        """Resource Manager's projects."""
        from google.cloud.resourcemanager_v3 import ProjectsClient

        return ProjectsClient(**self._rest())

    @cached_property
    def accounts(self) -> ServiceAccounts:
        """IAM's service accounts."""
        from cs_cloud.google.service_accounts import ServiceAccounts

        return ServiceAccounts(self.credentials, self._endpoint or "https://iam.googleapis.com")

    @cached_property
    def logs(self) -> GoogleLoggingClient:
        """Cloud Logging."""
        from cs_cloud.google.logging_client import LoggingClient

        options = {"api_endpoint": self._endpoint} if self._endpoint else None
        return LoggingClient(self.project, self.credentials, options)

    @cached_property
    def storage(self) -> StorageClient:
        """Cloud Storage."""
        from google.cloud.storage import Client

        options = {"api_endpoint": self._endpoint} if self._endpoint else None
        return Client(project=self.project, credentials=self.credentials, client_options=options)

    def _rest(self, address: str | None = None) -> dict[str, Any]:
        from google.api_core.client_options import ClientOptions

        return {
            "credentials": self.credentials,
            "transport": "rest",
            "client_options": ClientOptions(api_endpoint=self._endpoint or address),
        }


def _on_this_machine(name: str, environ: Mapping[str, str]) -> str:
    """Return an endpoint that a variable names, "" if it names none."""
    endpoint = environ.get(name, "")
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    if endpoint and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise CloudError(
            f"{name} is {endpoint}, but requests are sent there without credentials and without"
            " encryption: only an address of this machine will do, such as http://127.0.0.1:8080"
        )
    return endpoint.rstrip("/")
