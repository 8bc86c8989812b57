"""Cloud Storage's JSON API: what google-cloud-storage, gcsfs and gcloud ask of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from fake_google_cloud.errors import ApiError
from fake_google_cloud.project import Project
from fake_google_cloud.server import Answer, Call, Route
from fake_google_cloud.storage.objects import Storage, StoredObject, read_number
from fake_google_cloud.storage.uploads import Uploads, load

_BUCKETS = r"(?:/download)?/storage/v1/b"
_BUCKET = rf"{_BUCKETS}/(?P<bucket>[^/]+)"
_OBJECT = rf"{_BUCKET}/o/(?P<object>[^/]+)"
_UPLOAD = r"(?:/resumable)?/upload/storage/v1/b/(?P<bucket>[^/]+)/o"
_DEFAULT_PAGE = 1000
DOWNLOAD = "storage.objects.download"
"""What faults call a request for an object's content."""


class StorageApi:
    """Answers requests to a storage."""

    def __init__(self, storage: Storage, project: Project) -> None:
        self._storage = storage
        self._project = project
        self._uploads = Uploads(storage, project)
        self.sent: Counter[str] = Counter()
        """How many bytes of each object were sent."""

    def routes(self) -> Iterator[Route]:
        """Return the methods of the API."""
        for name, verb, path, answer in (
            ("buckets.list", "GET", _BUCKETS, self._list_buckets),
            ("buckets.insert", "POST", _BUCKETS, self._insert_bucket),
            ("buckets.get", "GET", _BUCKET, self._get_bucket),
            ("buckets.getIamPolicy", "GET", f"{_BUCKET}/iam", self._get_policy),
            ("buckets.testIamPermissions", "GET", f"{_BUCKET}/iam/testPermissions", self._test),
            ("objects.list", "GET", f"{_BUCKET}/o", self._list_objects),
            ("objects.get", "GET", _OBJECT, self._get_object),
            ("objects.delete", "DELETE", _OBJECT, self._delete_object),
            ("objects.insert", "POST", _UPLOAD, self._upload),
            ("objects.insert", "PUT", _UPLOAD, self._upload),
        ):
            permission = "" if answer == self._test else f"storage.{name}"
            permission = permission.replace("insert", "create")
            names = (f"storage.{name}",)
            path_pattern = re.compile(path)
            yield Route(names, verb, path_pattern, answer, "storage.googleapis.com", permission)
        yield Route(
            ("storage.objects.get", DOWNLOAD),
            "GET",
            re.compile(_OBJECT),
            self._download,
            "storage.googleapis.com",
            "storage.objects.get",
            ("alt", "media"),
        )

    def _list_buckets(self, call: Call) -> Answer:
        self._project.check_project(call.parameters.get("project", ""))
        prefix = call.parameters.get("prefix", "")
        names = sorted(name for name in self._storage.buckets if name.startswith(prefix))
        items = [self._bucket(name) for name in names]
        return Answer.of({"kind": "storage#buckets", "items": items})

    def _insert_bucket(self, call: Call) -> Answer:
        self._project.check_project(call.parameters.get("project", ""))
        resource = load(call.body)
        name = resource.get("name")
        if not isinstance(name, str):
            raise ApiError(400, "Required: bucket name", "required")
        if name in self._storage.buckets:
            already = (
                "Your previous request to create the named bucket succeeded and you already own it."
            )
            raise ApiError(409, already, "conflict")
        self._storage.add_bucket(name, resource.get("location") or "us")
        return Answer.of(self._bucket(name))

    def _get_bucket(self, call: Call) -> Answer:
        return Answer.of(self._bucket(call.fields["bucket"]))

    def _bucket(self, name: str) -> dict[str, Any]:
        return self._storage.bucket(name).to_json(self._project.number)

    def _get_policy(self, call: Call) -> Answer:
        bucket = call.fields["bucket"]
        version = read_number(call.parameters, "optionsRequestedPolicyVersion") or 1
        policy = self._storage.bucket(bucket).policy.as_version(version)
        head = {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{bucket}"}
        return Answer.of(head | policy)

    def _test(self, call: Call) -> Answer:
        self._storage.bucket(call.fields["bucket"])
        asked = [value for name, value in call.query if name == "permissions"]
        granted = self._project.granted(asked)
        return Answer.of({"kind": "storage#testIamPermissionsResponse", "permissions": granted})

    def _list_objects(self, call: Call) -> Answer:
        parameters = call.parameters
        prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
        start = parameters.get("pageToken", "")
        limit = read_number(parameters, "maxResults") or _DEFAULT_PAGE
        versions = parameters.get("versions") == "true"
        listed = self._storage.listed(call.fields["bucket"], prefix, versions=versions)
        answer: dict[str, Any] = {"kind": "storage#objects", "items": [], "prefixes": []}
        last = ""
        for each in listed:
            if each.name <= start:
                continue
            # a page never ends between the generations of one object
            if len(answer["items"]) + len(answer["prefixes"]) >= limit and each.name != last:
                answer["nextPageToken"] = last
                break
            last = each.name
            head, found, _ = each.name[len(prefix) :].partition(delimiter or "\0")
            if not found:
                answer["items"].append(_resource(call, each))
            elif (folder := prefix + head + found) not in answer["prefixes"]:
                answer["prefixes"].append(folder)
        return Answer.of(answer)

    def _find(self, call: Call) -> StoredObject:
        return self._storage.get(call.fields["bucket"], call.fields["object"], call.parameters)

    def _get_object(self, call: Call) -> Answer:
        return Answer.of(_resource(call, self._find(call)))

    def _download(self, call: Call) -> Answer:
        answer = _content(self._find(call), call.headers.get("range", ""))
        self.sent[call.fields["object"]] += len(answer.body)
        return answer

    def _delete_object(self, call: Call) -> Answer:
        self._storage.delete(call.fields["bucket"], call.fields["object"], call.parameters)
        return Answer(204)

    def _upload(self, call: Call) -> Answer:
        goes_on = "upload_id" in call.parameters
        result = self._uploads.proceed(call) if goes_on else self._uploads.begin(call)
        return result if isinstance(result, Answer) else Answer.of(_resource(call, result))


def _resource(call: Call, found: StoredObject) -> dict[str, Any]:
    host = f"http://{call.headers['host']}"
    path = f"/storage/v1/b/{found.bucket}/o/{quote(found.name, safe='')}"
    media = f"{host}/download{path}?generation={found.generation}&alt=media"
    return found.to_json() | {"selfLink": host + path, "mediaLink": media}


def _content(found: StoredObject, wanted: str) -> Answer:
    """Return an object's bytes, or the range of them that is wanted."""
    checksums = found.checksums
    headers = {
        "Content-Type": found.content_type,
        "X-Goog-Generation": str(found.generation),
        "X-Goog-Hash": f"crc32c={checksums['crc32c']},md5={checksums['md5Hash']}",
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
        too_far = "The requested range cannot be satisfied."
        raise ApiError(416, too_far, "requestedRangeNotSatisfiable")
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Answer(206, found.data[first : last + 1], headers)
