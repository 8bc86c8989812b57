"""Takes objects in: in one request, in one of several parts, or in a resumable session."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_google_cloud.errors import ApiError
from fake_google_cloud.project import Project
from fake_google_cloud.server import Answer, Call
from fake_google_cloud.storage.objects import Storage, StoredObject

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<total>\d+|\*)")
_PART = re.compile(rb"\r?\n(?P<head>.*?)\r?\n\r?\n(?P<body>.*?)(?:\r?\n)?", re.DOTALL)


@dataclass
class Session:
    """A resumable upload under way."""

    bucket: str
    resource: dict[str, Any]
    conditions: Mapping[str, str]
    data: bytearray = field(default_factory=bytearray)
    done: StoredObject | None = None


class Uploads:
    """Uploads into a storage, and its sessions by id."""

    def __init__(self, storage: Storage, project: Project) -> None:
        self._storage = storage
        self._project = project
        self._sessions: dict[str, Session] = {}
        self._ids = itertools.count(1)

    def begin(self, call: Call) -> StoredObject | Answer:
        """Write what comes in one request, or begin a session and return where it goes on."""
        bucket, parameters = call.fields["bucket"], call.parameters
        kind, content_type = parameters.get("uploadType"), call.headers.get("content-type", "")
        if kind == "multipart":
            resource, data = _split(content_type, call.body)
            return self._write(bucket, resource, parameters, data)
        if kind != "resumable":
            return self._write(bucket, {"contentType": content_type}, parameters, call.body)
        self._storage.bucket(bucket)
        resource = {"contentType": call.headers.get("x-upload-content-type", "")}
        upload_id = f"upload-{next(self._ids)}"
        self._sessions[upload_id] = Session(bucket, resource | load(call.body), parameters)
        location = f"http://{call.headers['host']}/upload/storage/v1/b/{bucket}/o"
        query = f"?uploadType=resumable&upload_id={upload_id}"
        return Answer(
            200, headers={"Location": location + query, "X-GUploader-UploadID": upload_id}
        )

    def proceed(self, call: Call) -> StoredObject | Answer:
        """Take a piece of a session's content, and write the object once all is there."""
        session = self._sessions.get(call.parameters.get("upload_id", ""))
        if not session:
            raise ApiError(404, "No such upload", "notFound")
        if session.done:
            return session.done
        whole = f"bytes 0-{len(call.body) - 1}/{len(call.body)}"
        found = _RANGE.fullmatch(call.headers.get("content-range", whole))
        if not found and call.body:
            raise _bad(f"Malformed Content-Range: {call.headers['content-range']}")
        if found and found["first"]:
            first = int(found["first"])
            if first > len(session.data):
                raise ApiError(503, "A piece before this one is missing.", "backendError")
            session.data[first:] = call.body
        total = found["total"] if found else "0"
        if total != "*" and len(session.data) >= int(total):
            session.done = self._write(
                session.bucket, session.resource, session.conditions, bytes(session.data)
            )
            return session.done
        so_far = {"Range": f"bytes=0-{len(session.data) - 1}"} if session.data else {}
        return Answer(308, headers=so_far)

    def _write(
        self, bucket: str, resource: dict[str, Any], query: Mapping[str, str], data: bytes
    ) -> StoredObject:
        name = query.get("name") or resource.get("name")
        if not name:
            raise _bad("Required parameter: name")
        if name in self._storage.bucket(bucket).objects:
            self._project.check_call("", "storage.objects.delete")
        return self._storage.put(bucket, name, data, resource=resource, conditions=query)


def _split(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the resource and the content that the two parts of a body hold."""
    # gcloud puts the boundary between single quotes, which RFC 2045 does not know
    found = re.search(r"boundary=(['\"]?)(?P<boundary>[^;]+)\1(?:;|$)", content_type)
    if not found:
        raise _bad("Multipart upload without a boundary.")
    pieces = body.split(b"--" + found["boundary"].encode())[1:-1]
    parts = [part for piece in pieces if (part := _PART.fullmatch(piece))]
    if len(parts) != 2:
        raise _bad("A multipart upload has two parts: metadata and content.")
    resource = load(parts[0]["body"])
    if kind := re.search(rb"(?im)^content-type:\s*(\S.*?)\s*$", parts[1]["head"]):
        resource.setdefault("contentType", kind[1].decode())
    return resource, parts[1]["body"]


def load(resource: bytes) -> dict[str, Any]:
    """Return a resource that came as JSON."""
    try:
        document = json.loads(resource or b"{}")
    except ValueError as error:
        raise _bad("Parse Error") from error
    if not isinstance(document, dict):
        raise _bad("Parse Error")
    return document


def _bad(message: str) -> ApiError:
    return ApiError(400, message, "invalid")
