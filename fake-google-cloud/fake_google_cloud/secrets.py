"""Secret Manager: secrets, their versions, and who may read them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

import google_crc32c

from fake_google_cloud.clock import timestamp
from fake_google_cloud.errors import ApiError, not_found
from fake_google_cloud.policies import Policy
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Json, Service, rpc

_SECRET = "projects/{project}/secrets/{secret}"  # noqa: S105  the form of a name  # pragma: allowlist secret
_VERSION = _SECRET + "/versions/{version}"


@dataclass
class _Kept:
    secret: Json
    policy: Policy = field(default_factory=Policy)
    versions: list[tuple[Json, bytes]] = field(default_factory=list)


class Secrets(Service):
    """The secrets by name."""

    client = "google.cloud.secretmanager_v1.SecretManagerServiceClient"

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._secrets: dict[str, _Kept] = {}

    def add_secret(
        self, name: str, value: str, *, readers: Sequence[str] = (), enabled: bool = True
    ) -> None:
        """Add a version to a secret, which is made if it is not there.

        Args:
            name: the secret's name.
            value: what the version holds.
            readers: who may read it, such as `serviceAccount:E-MAIL`.
            enabled: whether the version can be read at all.
        """
        now = timestamp(self.project.clock.now())
        full_name = f"projects/{self.project.number}/secrets/{name}"
        secret = {"name": full_name, "createTime": now, "replication": {"automatic": {}}}
        kept = self._secrets.setdefault(name, _Kept(secret))
        kept.policy = Policy()
        if readers:
            kept.policy.add("roles/secretmanager.secretAccessor", readers)
        state = "ENABLED" if enabled else "DISABLED"
        number = f"{full_name}/versions/{len(kept.versions) + 1}"
        kept.versions.append(({"name": number, "createTime": now, "state": state}, value.encode()))

    @rpc("secretmanager.secrets.get")
    def get_secret(self, request: Json) -> Json:
        """Return what is known about a secret, except its value."""
        return self._find(self.project.parse(_SECRET, request["name"])).secret

    @rpc("secretmanager.versions.get")
    def get_secret_version(self, request: Json) -> Json:
        """Return what is known about a version, except its value."""
        return self._find_version(request["name"])[0]

    @rpc("secretmanager.versions.access")
    def access_secret_version(self, request: Json) -> Json:
        """Return the value of a version."""
        version, value = self._find_version(request["name"])
        if version["state"] != "ENABLED":
            refused = f"Secret Version [{version['name']}] is in {version['state']} state."
            raise ApiError("FAILED_PRECONDITION", refused)
        data, checksum = base64.b64encode(value).decode(), str(google_crc32c.value(value))
        return {"name": version["name"], "payload": {"data": data, "dataCrc32c": checksum}}

    @rpc("secretmanager.secrets.getIamPolicy")
    def get_iam_policy(self, request: Json) -> Json:
        """Return who may read a secret."""
        return self._find(self.project.parse(_SECRET, request["resource"])).policy.as_version(1)

    def _find(self, parts: dict[str, str]) -> _Kept:
        name = parts["secret"]
        if name not in self._secrets:
            raise not_found(f"Secret [projects/{self.project.number}/secrets/{name}] not found.")
        return self._secrets[name]

    def _find_version(self, name: str) -> tuple[Json, bytes]:
        parts = self.project.parse(_VERSION, name)
        versions = self._find(parts).versions
        number = str(len(versions)) if parts["version"] == "latest" else parts["version"]
        if not number.isdecimal() or not 1 <= int(number) <= len(versions):
            raise not_found(f"Secret Version [{name}] not found.")
        return versions[int(number) - 1]
