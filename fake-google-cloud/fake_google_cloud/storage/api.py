"""Cloud Storage's JSON API: what google-cloud-storage, gcsfs and gcloud ask of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from fake_google_cloud.calls import Answer, Call, Route
from fake_google_cloud.errors import ApiError
from fake_google_cloud.project import Project
from fake_google_cloud.storage.objects import Storage, StoredObject, read_number
from fake_google_cloud.storage.uploads import Uploads

_BUCKETS = r"(?:/download)?/storage/v1/b"
_BUCKET = rf"{_BUCKETS}/(?P<bucket>[^/]+)"
_OBJECT = rf"{_BUCKET}/o/(?P<object>[^/]+)"
_UPLOAD = r"(?:/resumable)?/upload/storage/v1/b/(?P<bucket>[^/]+)/o"
_API = "storage.googleapis.com"
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
            ("objects.list", "GET", f"{_BUCKET}/o", self._list_objects),
            ("objects.get", "GET", _OBJECT, self._get_object),
            ("objects.delete", "DELETE", _OBJECT, self._delete_object),
            ("objects.insert", "POST", _UPLOAD, self._upload),
            ("objects.insert", "PUT", _UPLOAD, self._upload),
        ):
            permission = f"storage.{name.replace('insert', 'create')}"
            yield Route((f"storage.{name}",), verb, re.compile(path), answer, _API, permission)
        get, media = "storage.objects.get", ("alt", "media")
        content = re.compile(_OBJECT)
        yield Route((get, DOWNLOAD), "GET", content, self._download, _API, get, media)

    def _list_buckets(self, call: Call) -> Answer:
        self._project.check_project(call.parameters.get("project", ""))
        prefix, kept = call.parameters.get("prefix", ""), sorted(self._storage.buckets.items())
        items = [bucket.resource for name, bucket in kept if name.startswith(prefix)]
        return Answer.of({"kind": "storage#buckets", "items": items})

    def _insert_bucket(self, call: Call) -> Answer:
        self._project.check_project(call.parameters.get("project", ""))
        described = call.document
        if described.get("name") in self._storage.buckets:
            raise ApiError(409, "The bucket exists, and you already own it.", "conflict")
        location = described.get("location") or "us"
        return Answer.of(self._storage.add_bucket(described["name"], location).resource)

    def _get_bucket(self, call: Call) -> Answer:
        return Answer.of(self._storage.bucket(call.fields["bucket"]).resource)

    def _get_policy(self, call: Call) -> Answer:
        version = read_number(call.parameters, "optionsRequestedPolicyVersion") or 1
        policy = self._storage.bucket(call.fields["bucket"]).policy.as_version(version)
        return Answer.of({"kind": "storage#policy", **policy})

    def _list_objects(self, call: Call) -> Answer:
        parameters = call.parameters
        prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
        limit = read_number(parameters, "maxResults") or 1000
        bucket = self._storage.bucket(call.fields["bucket"])
        items: list[Any] = []
        folders: list[str] = []
        token = last = ""
        for each in bucket.listed(prefix, versions=parameters.get("versions") == "true"):
            if each.name <= parameters.get("pageToken", ""):
                continue
            # a page never ends between the generations of one object
            if len(items) + len(folders) >= limit and each.name != last:
                token = last
                break
            last = each.name
            head, found, _ = each.name[len(prefix) :].partition(delimiter or "\0")
            if not found:
                items.append(_resource(call, each))
            elif (folder := prefix + head + found) not in folders:
                folders.append(folder)
        listed = {"kind": "storage#objects", "items": items, "prefixes": folders}
        return Answer.of(listed | ({"nextPageToken": token} if token else {}))

    def _get_object(self, call: Call) -> Answer:
        return Answer.of(_resource(call, self._find(call)))

    def _download(self, call: Call) -> Answer:
        found = self._find(call)
        answer = _content(found, call.headers.get("range", ""))
        self.sent[found.name] += len(answer.body)
        return answer

    def _delete_object(self, call: Call) -> Answer:
        self._storage.bucket(call.fields["bucket"]).remove(self._find(call).name)
        return Answer(204)

    def _find(self, call: Call) -> StoredObject:
        return self._storage.get(call.fields["bucket"], call.fields["object"], call.parameters)

    def _upload(self, call: Call) -> Answer:
        result = self._uploads.take(call)
        return result if isinstance(result, Answer) else Answer.of(_resource(call, result))


def _resource(call: Call, found: StoredObject) -> dict[str, Any]:
    host, bucket = f"http://{call.headers['host']}", found.resource["bucket"]
    path = f"/storage/v1/b/{bucket}/o/{quote(found.name, safe='')}"
    media = f"{host}/download{path}?generation={found.generation}&alt=media"
    return found.resource | {"selfLink": host + path, "mediaLink": media}


def _content(found: StoredObject, wanted: str) -> Answer:
    """Return an object's bytes, or the range of them that is wanted."""
    resource, size = found.resource, len(found.data)
    headers = {
        "Content-Type": resource["contentType"],
        "X-Goog-Generation": resource["generation"],
        "X-Goog-Hash": f"crc32c={resource['crc32c']},md5={resource['md5Hash']}",
        "ETag": f'"{resource["etag"]}"',
    }
    parsed = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    if not parsed or not any(parsed.groups()):
        return Answer(200, found.data, headers)
    first, last = int(parsed[1] or 0), min(int(parsed[2] or size - 1), size - 1)
    if not parsed[1]:  # the last so many bytes
        first, last = max(size - int(parsed[2]), 0), size - 1
    if first > last:
        too_far = "The requested range cannot be satisfied."
        raise ApiError(416, too_far, "requestedRangeNotSatisfiable")
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Answer(206, found.data[first : last + 1], headers)
