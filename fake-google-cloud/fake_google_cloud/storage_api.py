"""Cloud Storage's JSON API: what google-cloud-storage and gcloud ask of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from fake_google_cloud.errors import ApiError
from fake_google_cloud.messages import to_dict
from fake_google_cloud.policies import as_version
from fake_google_cloud.project import Project
from fake_google_cloud.storage import Storage, StorageError, StoredObject, read_number
from fake_google_cloud.storage_uploads import Uploads, load_resource

_BUCKETS = r"(?:/download)?/storage/v1/b"
_UPLOAD = r"(?:/resumable)?/upload/storage/v1/b/(?P<bucket>[^/]+)/o"
_BUCKET = rf"{_BUCKETS}/(?P<bucket>[^/]+)"
_OBJECT = rf"{_BUCKET}/o/(?P<object>[^/]+)"
_DEFAULT_PAGE = 1000


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """An HTTP request to the storage, taken apart."""

    bucket: str
    object: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def base_url(self) -> str:
        """Where the caller found this server."""
        return f"http://{self.headers['host']}"

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters, the last of each name."""
        return {name: values[-1] for name, values in self.query.items()}


@dataclass(frozen=True)
class StorageMethod:
    """One method of the API."""

    name: str
    permission: str
    verb: str
    path: re.Pattern[str]
    handler: Callable[[Call], Answer]


class StorageApi:
    """Answers requests to a storage."""

    api = "storage.googleapis.com"

    def __init__(self, storage: Storage, project: Project) -> None:
        self._storage = storage
        self._project = project
        self._uploads = Uploads(storage, project)
        self.methods = tuple(
            StorageMethod(
                f"storage.{name}", f"storage.{permission}", verb, re.compile(path), handler
            )
            for name, permission, verb, path, handler in (
                ("buckets.list", "buckets.list", "GET", _BUCKETS, self._list_buckets),
                ("buckets.insert", "buckets.create", "POST", _BUCKETS, self._insert_bucket),
                ("buckets.get", "buckets.get", "GET", _BUCKET, self._get_bucket),
                (
                    "buckets.getIamPolicy",
                    "buckets.getIamPolicy",
                    "GET",
                    f"{_BUCKET}/iam",
                    self._get_policy,
                ),
                (
                    "buckets.testIamPermissions",
                    "",
                    "GET",
                    f"{_BUCKET}/iam/testPermissions",
                    self._test_permissions,
                ),
                ("objects.list", "objects.list", "GET", f"{_BUCKET}/o", self._list_objects),
                ("objects.get", "objects.get", "GET", _OBJECT, self._get_object),
                ("objects.delete", "objects.delete", "DELETE", _OBJECT, self._delete_object),
                ("objects.insert", "objects.create", "POST", _UPLOAD, self._upload),
                ("objects.insert", "objects.create", "PUT", _UPLOAD, self._proceed),
            )
        )

    def find(self, verb: str, path: str) -> tuple[StorageMethod, dict[str, str]] | None:
        """Return the method for a verb and a path, with the names that the path holds."""
        for method in self.methods:
            if method.verb == verb and (found := method.path.fullmatch(path)):
                return method, {key: unquote(text) for key, text in found.groupdict().items()}
        return None

    @staticmethod
    def call(names: dict[str, str], query: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Take a request apart."""
        parsed = parse_qs(query, keep_blank_values=True)
        return Call(names.get("bucket", ""), names.get("object", ""), parsed, headers, body)

    def _list_buckets(self, call: Call) -> Answer:
        self._project.check_project(call.parameters.get("project", ""))
        prefix = call.parameters.get("prefix", "")
        items = [
            bucket.to_json(self._project.number)
            for name, bucket in sorted(self._storage.buckets.items())
            if name.startswith(prefix)
        ]
        return _json({"kind": "storage#buckets", "items": items})

    def _insert_bucket(self, call: Call) -> Answer:
        self._project.check_project(call.parameters.get("project", ""))
        resource = load_resource(call.body)
        if not isinstance(resource.get("name"), str):
            raise StorageError(400, "required", "Required: bucket name")
        if resource["name"] in self._storage.buckets:
            raise StorageError(
                409,
                "conflict",
                "Your previous request to create the named bucket"
                " succeeded and you already own it.",
            )
        bucket = self._storage.add_bucket(resource["name"], resource.get("location") or "us")
        return _json(bucket.to_json(self._project.number))

    def _get_bucket(self, call: Call) -> Answer:
        return _json(self._storage.bucket(call.bucket).to_json(self._project.number))

    def _get_policy(self, call: Call) -> Answer:
        policy = self._storage.bucket(call.bucket).policy
        version = read_number(call.parameters, "optionsRequestedPolicyVersion") or 1
        head = {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{call.bucket}"}
        return _json(head | to_dict(as_version(policy, version)))

    def _test_permissions(self, call: Call) -> Answer:
        self._storage.bucket(call.bucket)
        granted = self._project.granted(call.query.get("permissions", []))
        return _json({"kind": "storage#testIamPermissionsResponse", "permissions": granted})

    def _list_objects(self, call: Call) -> Answer:
        objects = self._storage.bucket(call.bucket).objects
        parameters = call.parameters
        prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
        start = parameters.get("pageToken", "")
        limit = read_number(parameters, "maxResults") or _DEFAULT_PAGE
        items: list[Any] = []
        folders: list[str] = []
        answer: dict[str, Any] = {"kind": "storage#objects"}
        names = [name for name in sorted(objects) if name.startswith(prefix) and name > start]
        for index, name in enumerate(names):
            if len(items) + len(folders) == limit:
                answer["nextPageToken"] = names[index - 1]
                break
            head, found, _ = name[len(prefix) :].partition(delimiter or "\0")
            if not found:
                items.append(_resource(call, objects[name]))
            elif (folder := prefix + head + found) not in folders:
                folders.append(folder)
        return _json(answer | {"items": items} | ({"prefixes": folders} if folders else {}))

    def _get_object(self, call: Call) -> Answer:
        found = self._storage.get(call.bucket, call.object, call.parameters)
        if call.parameters.get("alt") != "media":
            return _json(_resource(call, found))
        return _media(found, call.headers.get("range", ""))

    def _delete_object(self, call: Call) -> Answer:
        self._storage.delete(call.bucket, call.object, call.parameters)
        return Answer(204)

    def _upload(self, call: Call) -> Answer:
        kind = call.parameters.get("uploadType", "media")
        content_type = call.headers.get("content-type", "")
        if kind in ("media", "multipart"):
            write = self._uploads.media if kind == "media" else self._uploads.multipart
            written = write(call.bucket, call.parameters, content_type, call.body)
            return _json(_resource(call, written))
        content_type = call.headers.get("x-upload-content-type", "")
        upload_id = self._uploads.begin(call.bucket, call.parameters, content_type, call.body)
        location = (
            f"{call.base_url}/upload/storage/v1/b/{call.bucket}/o"
            f"?uploadType=resumable&upload_id={upload_id}"
        )
        return Answer(200, headers={"Location": location, "X-GUploader-UploadID": upload_id})

    def _proceed(self, call: Call) -> Answer:
        session = self._uploads.proceed(
            call.parameters.get("upload_id", ""), call.headers.get("content-range", ""), call.body
        )
        if session.done:
            return _json(_resource(call, session.done))
        so_far = {"Range": f"bytes=0-{len(session.data) - 1}"} if session.data else {}
        return Answer(308, headers=so_far)


def refuse(error: ApiError | StorageError) -> Answer:
    """Return the answer that tells of an error as this API does."""
    if isinstance(error, StorageError):
        status, reason = error.status, error.reason
    else:
        status, reason = error.http_status, error.code
    if status == 304:  # has no body
        return Answer(status)
    errors = [{"message": error.message, "domain": "global", "reason": reason}]
    return _json({"error": {"code": status, "message": error.message, "errors": errors}}, status)


def _resource(call: Call, found: StoredObject) -> dict[str, Any]:
    path = f"/storage/v1/b/{found.bucket}/o/{quote(found.name, safe='')}"
    return found.to_json() | {
        "selfLink": f"{call.base_url}{path}",
        "mediaLink": f"{call.base_url}/download{path}?generation={found.generation}&alt=media",
    }


def _json(document: dict[str, Any], status: int = 200) -> Answer:
    body = json.dumps(document).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=UTF-8"})


def _media(found: StoredObject, wanted: str) -> Answer:
    headers = {
        "Content-Type": found.content_type,
        "X-Goog-Generation": str(found.generation),
        "X-Goog-Hash": f"crc32c={found.crc32c},md5={found.md5}",
        "ETag": f'"{found.generation}"',
    }
    size = len(found.data)
    parsed = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    if not parsed or not any(parsed.groups()):
        return Answer(200, found.data, headers)
    if parsed[1]:
        first = int(parsed[1])
        last = min(int(parsed[2] or size - 1), size - 1)
    else:
        first, last = max(size - int(parsed[2]), 0), size - 1
    if first > last:
        raise StorageError(
            416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied."
        )
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Answer(206, found.data[first : last + 1], headers)
