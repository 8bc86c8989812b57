"""Takes objects in: in one request, in one of several parts, or in a resumable session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_google_cloud.calls import Answer, Call, read_json
from fake_google_cloud.errors import ApiError, invalid
from fake_google_cloud.project import Project
from fake_google_cloud.storage.objects import Storage, StoredObject

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<total>\d+|\*)")
_PART = re.compile(rb"\r?\n(?P<head>.*?)\r?\n\r?\n(?P<body>.*?)(?:\r?\n)?", re.DOTALL)


@dataclass
class _Session:
    """A resumable upload under way."""

    bucket: str
    described: dict[str, Any]
    conditions: Mapping[str, str]
    data: bytearray = field(default_factory=bytearray)


class Uploads:
    """Uploads into a storage, and its sessions by id."""

    def __init__(self, storage: Storage, project: Project) -> None:
        self._storage = storage
        self._project = project
        self._sessions: dict[str, _Session] = {}

    def take(self, call: Call) -> StoredObject | Answer:
        """Return the object that a request completes, or an answer that asks for more of it."""
        bucket, parameters = call.fields["bucket"], call.parameters
        if "upload_id" in parameters:
            return self._proceed(parameters["upload_id"], call)
        content_type = call.headers.get("content-type", "")
        if parameters.get("uploadType") == "multipart":
            described, data = _split(content_type, call.body)
            return self._write(bucket, described, parameters, data)
        if parameters.get("uploadType") != "resumable":
            return self._write(bucket, {"contentType": content_type}, parameters, call.body)
        self._storage.bucket(bucket)
        described = {"contentType": call.headers.get("x-upload-content-type", "")} | call.document
        upload_id = f"upload-{len(self._sessions)}"
        self._sessions[upload_id] = _Session(bucket, described, parameters)
        host = f"http://{call.headers['host']}/upload/storage/v1/b/{bucket}/o"
        return Answer(200, headers={"Location": f"{host}?upload_id={upload_id}"})

    def _proceed(self, upload_id: str, call: Call) -> StoredObject | Answer:
        """Take a piece of a session's content, and write the object once all is there."""
        session = self._sessions.get(upload_id)
        complete = f"bytes 0-{len(call.body) - 1}/{len(call.body)}"
        found = _RANGE.fullmatch(call.headers.get("content-range", complete))
        if not session or not found:
            raise invalid(f"No such upload, or no such range: {call.headers.get('content-range')}")
        if found["first"]:
            if int(found["first"]) > len(session.data):
                raise ApiError(503, "A piece before this one is missing.", "backendError")
            session.data[int(found["first"]) :] = call.body
        if found["total"] != "*" and len(session.data) >= int(found["total"]):
            content = bytes(session.data)
            return self._write(session.bucket, session.described, session.conditions, content)
        so_far = {"Range": f"bytes=0-{len(session.data) - 1}"} if session.data else {}
        return Answer(308, headers=so_far)

    def _write(
        self, bucket: str, described: dict[str, Any], parameters: Mapping[str, str], data: bytes
    ) -> StoredObject:
        name = parameters.get("name") or described.get("name")
        if not name:
            raise invalid("Required parameter: name")
        if name in self._storage.bucket(bucket).objects:
            self._project.check_call("", "storage.objects.delete")
        return self._storage.put(bucket, name, data, described, parameters)


def _split(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the resource and the content that the two parts of a body hold."""
    # gcloud puts the boundary between single quotes, which RFC 2045 does not know
    found = re.search(r"boundary=(['\"]?)(?P<boundary>[^;]+)\1(?:;|$)", content_type)
    pieces = body.split(b"--" + found["boundary"].encode())[1:-1] if found else []
    parts = [part for piece in pieces if (part := _PART.fullmatch(piece))]
    if len(parts) != 2:
        raise invalid("A multipart upload has a boundary and two parts: metadata and content.")
    described = read_json(parts[0]["body"])
    if kind := re.search(rb"(?im)^content-type:\s*(\S.*?)\s*$", parts[1]["head"]):
        described.setdefault("contentType", kind[1].decode())
    return described, parts[1]["body"]
