"""The official clients of Google's services, each made when it is first used.

All speak REST, which passes proxies and needs no open stream. With CS_CLOUD_ENDPOINT they speak,
without credentials, to a server on this machine: `fake_google_cloud`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient
    from google.cloud.storage import Client as StorageClient

    from cs_cloud.google.rest import RestApi
    from cs_cloud.google.vertex import JobServiceClient

ENDPOINT = "CS_CLOUD_ENDPOINT"
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def _api(name: str, version: str) -> Any:  # noqa: ANN401  declared where it is used
    return cached_property(lambda clients: clients._rest_api(name, version))


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

    accounts: RestApi = _api("iam", "v1")
    images: RestApi = _api("artifactregistry", "v1")
    logs: RestApi = _api("logging", "v2")
    projects: RestApi = _api("cloudresourcemanager", "v3")
    quotas: RestApi = _api("cloudquotas", "v1")
    secrets: RestApi = _api("secretmanager", "v1")
    services: RestApi = _api("serviceusage", "v1")

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
    def builds(self) -> CloudBuildClient:
        """Cloud Build."""
        from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient

        return CloudBuildClient(**self._rest("cloudbuild"))

    @cached_property
    def storage(self) -> StorageClient:
        """Cloud Storage."""
        from google.cloud.storage import Client

        options = {"api_endpoint": self._endpoint} if self._endpoint else None
        return Client(self.project, self.credentials, client_options=options)

    def _jobs(self, region: str) -> JobServiceClient:
        from cs_cloud.google.vertex import JobServiceClient

        return JobServiceClient(**self._rest(f"{region}-aiplatform"))

    def _rest(self, name: str) -> dict[str, Any]:
        options = {"api_endpoint": self._url(name)}
        return {"credentials": self.credentials, "transport": "rest", "client_options": options}

    def _rest_api(self, name: str, version: str) -> RestApi:
        from cs_cloud.google.rest import RestApi

        return RestApi(self.credentials, f"{self._url(name)}/{version}")

    def _url(self, name: str) -> str:
        return self._endpoint or f"https://{name}.googleapis.com"


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
