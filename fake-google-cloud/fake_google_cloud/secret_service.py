"""Secret Manager: secrets, their versions, and who may read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import google_crc32c
from google.cloud.secretmanager_v1.types import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    GetSecretRequest,
    GetSecretVersionRequest,
    Replication,
    Secret,
    SecretPayload,
    SecretVersion,
)
from google.iam.v1 import iam_policy_pb2, policy_pb2

from fake_google_cloud.clock import Clock
from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Service, rpc

_ACCESSOR = "roles/secretmanager.secretAccessor"
_SECRET = "projects/{project}/secrets/{secret}"  # noqa: S105  the form of a name  # pragma: allowlist secret
_VERSION = _SECRET + "/versions/{version}"


@dataclass
class _Kept:
    secret: Secret
    readers: tuple[str, ...] = ()
    versions: list[SecretVersion] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)


class Secrets(Service):
    """The secrets by name."""

    service = "google.cloud.secretmanager.v1.SecretManagerService"
    api = "secretmanager.googleapis.com"

    def __init__(self, project: Project, clock: Clock) -> None:
        self._project = project
        self._clock = clock
        self._secrets: dict[str, _Kept] = {}

    def add(self, name: str, value: str, readers: Sequence[str], *, enabled: bool = True) -> None:
        """Add a version to a secret, and make the secret if it is not there."""
        now = self._clock.now()
        full_name = f"projects/{self._project.number}/secrets/{name}"
        if name not in self._secrets:
            automatic = Replication(automatic=Replication.Automatic())
            secret = Secret(name=full_name, create_time=now, replication=automatic)
            self._secrets[name] = _Kept(secret)
        kept = self._secrets[name]
        kept.readers = tuple(readers)
        kept.values.append(value.encode())
        kept.versions.append(
            SecretVersion(
                name=f"{full_name}/versions/{len(kept.values)}",
                create_time=now,
                state=SecretVersion.State.ENABLED if enabled else SecretVersion.State.DISABLED,
            )
        )

    @rpc("secretmanager.secrets.get", "GET /v1/{name=projects/*/secrets/*}")
    def get_secret(self, request: GetSecretRequest) -> Secret:
        """Give what is known of a secret, its value apart."""
        return self._find(self._project.parse(_SECRET, request.name)["secret"]).secret

    @rpc("secretmanager.versions.get", "GET /v1/{name=projects/*/secrets/*/versions/*}")
    def get_secret_version(self, request: GetSecretVersionRequest) -> SecretVersion:
        """Give what is known of a version, its value apart."""
        kept, index = self._find_version(request.name)
        return kept.versions[index]

    @rpc("secretmanager.versions.access", "GET /v1/{name=projects/*/secrets/*/versions/*}:access")
    def access_secret_version(
        self, request: AccessSecretVersionRequest
    ) -> AccessSecretVersionResponse:
        """Give the value of a version."""
        kept, index = self._find_version(request.name)
        version, value = kept.versions[index], kept.values[index]
        if version.state != SecretVersion.State.ENABLED:
            raise ApiError(
                "FAILED_PRECONDITION",
                f"Secret Version [{version.name}] is in {version.state.name} state.",
            )
        payload = SecretPayload(data=value, data_crc32c=google_crc32c.value(value))
        return AccessSecretVersionResponse(name=version.name, payload=payload)

    @rpc(
        "secretmanager.secrets.getIamPolicy", "GET /v1/{resource=projects/*/secrets/*}:getIamPolicy"
    )
    def get_iam_policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        """Tell who may read a secret."""
        kept = self._find(self._project.parse(_SECRET, request.resource)["secret"])
        policy = policy_pb2.Policy(version=1, etag=b"ACAB")
        if kept.readers:
            policy.bindings.add(role=_ACCESSOR, members=kept.readers)
        return policy

    @rpc("", "POST /v1/{resource=projects/*/secrets/*}:testIamPermissions", body="*")
    def test_iam_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        """Give those of the permissions on a secret that the caller has."""
        self._find(self._project.parse(_SECRET, request.resource)["secret"])
        return iam_policy_pb2.TestIamPermissionsResponse(
            permissions=self._project.granted(list(request.permissions))
        )

    def _find(self, name: str) -> _Kept:
        if name not in self._secrets:
            raise not_found(f"Secret [projects/{self._project.number}/secrets/{name}] not found.")
        return self._secrets[name]

    def _find_version(self, name: str) -> tuple[_Kept, int]:
        parts = self._project.parse(_VERSION, name)
        kept, version = self._find(parts["secret"]), parts["version"]
        number = len(kept.versions) if version == "latest" else version
        if not str(number).isdecimal() or not 1 <= int(number) <= len(kept.versions):
            raise not_found(f"Secret Version [{name}] not found.")
        return kept, int(number) - 1
