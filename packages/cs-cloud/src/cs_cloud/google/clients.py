"""The official clients of Google's services, each made when it is first used.

All speak REST, which passes proxies and needs no open stream. With CS_CLOUD_ENDPOINT they speak,
without credentials, to a server on this machine: `fake_google_cloud`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
    from google.cloud.cloudquotas_v1 import CloudQuotasClient
    from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient
    from google.cloud.resourcemanager_v3 import ProjectsClient
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.cloud.service_usage_v1 import ServiceUsageClient
    from google.cloud.storage import Client as StorageClient

    from cs_cloud.google.rest import RestApi
    from cs_cloud.google.vertex import JobServiceClient

ENDPOINT = "CS_CLOUD_ENDPOINT"
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def _rest_client(module: str, name: str) -> Any:  # noqa: ANN401  declared where it is used
    return cached_property(lambda clients: clients._rest(module, name))


class Clients:
    """Clients for one project, with the application default credentials of this machine.

    Args:
        project: the project's id.
        environ: the environment.

    Raises:
        CloudError: CS_CLOUD_ENDPOINT is not on this machine. The clients raise it when they are
            first used, if there are no credentials.
    """

    sleep: Callable[[float], None] = staticmethod(time.sleep)
    """Waits for so many seconds; a test may let the time of a fake cloud pass instead."""
    monotonic: Callable[[], float] = staticmethod(time.monotonic)
    """Returns the seconds of the clock that `sleep` follows."""

    builds: CloudBuildClient = _rest_client(
        "google.cloud.devtools.cloudbuild_v1", "CloudBuildClient"
    )
    images: ArtifactRegistryClient = _rest_client(
        "google.cloud.artifactregistry_v1", "ArtifactRegistryClient"
    )
    secrets: SecretManagerServiceClient = _rest_client(
        "google.cloud.secretmanager_v1", "SecretManagerServiceClient"
    )
    services: ServiceUsageClient = _rest_client(
        "google.cloud.service_usage_v1", "ServiceUsageClient"
    )
    """Which APIs are enabled."""
    quotas: CloudQuotasClient = _rest_client("google.cloud.cloudquotas_v1", "CloudQuotasClient")
    projects: ProjectsClient = _rest_client("google.cloud.resourcemanager_v3", "ProjectsClient")

    def __init__(self, project: str, environ: Mapping[str, str] = os.environ) -> None:
        self.project = project
        self._endpoint = _local_endpoint(environ)
        self.jobs = cache(self._jobs)
        """Vertex AI's jobs by region: each region has an address of its own."""

    @cached_property
    def credentials(self) -> Credentials:
        """The credentials that every request is sent with."""
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
            reason = " ".join(str(error).split()).partition(". ")[0]
            raise CloudError(f"no credentials: {reason}", LOGIN) from error
        # A person's requests are charged to a project; an account's are to its own, and to charge
        # them to another would need one more permission.
        if isinstance(found, UserCredentials) and not found.quota_project_id and self.project:
            found = found.with_quota_project(self.project)
        credentials: Credentials = found
        return credentials

    @cached_property
    def accounts(self) -> RestApi:
        """IAM."""
        return self._api("https://iam.googleapis.com")

    @cached_property
    def logs(self) -> RestApi:
        """Cloud Logging."""
        return self._api("https://logging.googleapis.com")

    @cached_property
    def storage(self) -> StorageClient:
        """Cloud Storage."""
        from google.cloud.storage import Client

        return Client(self.project, self.credentials, client_options=self._options)

    def _api(self, address: str) -> RestApi:
        from cs_cloud.google.rest import RestApi

        return RestApi(self.credentials, self._endpoint or address)

    def _jobs(self, region: str) -> JobServiceClient:
        address = f"https://{region}-aiplatform.googleapis.com"
        client: JobServiceClient = self._rest("cs_cloud.google.vertex", "JobServiceClient", address)
        return client

    @property
    def _options(self) -> dict[str, str] | None:
        return {"api_endpoint": self._endpoint} if self._endpoint else None

    def _rest(self, module: str, name: str, address: str = "") -> Any:  # noqa: ANN401
        options = self._options or ({"api_endpoint": address} if address else None)
        client_class = getattr(import_module(module), name)
        return client_class(credentials=self.credentials, transport="rest", client_options=options)


def _local_endpoint(environ: Mapping[str, str]) -> str:
    """Return the endpoint that CS_CLOUD_ENDPOINT names, "" if it names none."""
    endpoint = environ.get(ENDPOINT, "")
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    if endpoint and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise CloudError(
            f"{ENDPOINT} is {endpoint}, but requests are sent there without credentials and without"
            " encryption: only an address of this machine will do, such as http://127.0.0.1:8080"
        )
    return endpoint.rstrip("/")
