"""Takes objects in: in one request, in one of several parts, or in a resumable session."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_google_cloud.project import Project
from fake_google_cloud.storage import Storage, StorageError, StoredObject

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")


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

    def media(
        self, bucket: str, query: Mapping[str, str], content_type: str, body: bytes
    ) -> StoredObject:
        """Write an object whose whole request is its content."""
        return self._write(bucket, {"contentType": content_type}, query, body)

    def multipart(
        self, bucket: str, query: Mapping[str, str], content_type: str, body: bytes
    ) -> StoredObject:
        """Write an object of a request with two parts: its resource, and its content."""
        # gcloud puts the boundary between single quotes, which RFC 2045 does not know
        found = re.search(r"boundary=(['\"]?)(?P<boundary>[^;]+)\1(?:;|$)", content_type)
        if not found:
            raise _bad("Multipart upload without a boundary.")
        pieces = body.split(b"--" + found["boundary"].encode())[1:-1]
        if len(pieces) != 2:
            raise _bad("A multipart upload has two parts: metadata and content.")
        (_, resource), (headers, data) = (_split_part(piece) for piece in pieces)
        described = load_resource(resource)
        if type_header := re.search(rb"(?im)^content-type:\s*(\S.*?)\s*$", headers):
            described.setdefault("contentType", type_header[1].decode())
        return self._write(bucket, described, query, data)

    def begin(self, bucket: str, query: Mapping[str, str], content_type: str, body: bytes) -> str:
        """Begin a session and return its id."""
        self._storage.bucket(bucket)
        resource = {"contentType": content_type} if content_type else {}
        upload_id = f"upload-{next(self._ids)}"
        self._sessions[upload_id] = Session(bucket, resource | load_resource(body), dict(query))
        return upload_id

    def proceed(self, upload_id: str, content_range: str, body: bytes) -> Session:
        """Take a piece of a session's content, and write the object once all is there."""
        session = self._sessions.get(upload_id)
        if not session:
            raise StorageError(404, "notFound", f"No such upload: {upload_id}")
        if session.done:
            return session
        found = _RANGE.fullmatch(content_range or f"bytes 0-{len(body) - 1}/{len(body)}")
        if not found and body:
            raise _bad(f"Malformed Content-Range: {content_range}")
        if found and found["first"]:
            first = int(found["first"])
            if first > len(session.data):
                raise StorageError(503, "backendError", "A piece before this one is missing.")
            session.data[first:] = body
        total = found["total"] if found else "0"
        if total != "*" and len(session.data) >= int(total):
            session.done = self._write(
                session.bucket, session.resource, session.conditions, bytes(session.data)
            )
        return session

    def _write(
        self, bucket: str, resource: dict[str, Any], query: Mapping[str, str], data: bytes
    ) -> StoredObject:
        name = query.get("name") or resource.get("name")
        if not name:
            raise _bad("Required parameter: name")
        candidate = StoredObject(bucket, name, data, "", {}, 0, self._storage.now())
        for key, actual in (("crc32c", candidate.crc32c), ("md5Hash", candidate.md5)):
            if key in resource and resource[key] != actual:
                raise _bad(f"Provided {key} {resource[key]} does not match the content's {actual}.")
        if name in self._storage.bucket(bucket).objects:
            self._project.check_permission("storage.objects.delete")
        return self._storage.put(
            bucket,
            name,
            data,
            content_type=resource.get("contentType") or "application/octet-stream",
            metadata=resource.get("metadata"),
            conditions=query,
        )


def _split_part(piece: bytes) -> tuple[bytes, bytes]:
    piece = re.sub(rb"\A\r?\n", b"", piece)
    piece = re.sub(rb"\r?\n\Z", b"", piece)
    headers, _, data = piece.partition(b"\r\n\r\n")
    if not data and b"\n\n" in piece:
        headers, _, data = piece.partition(b"\n\n")
    return headers, data


def load_resource(resource: bytes) -> dict[str, Any]:
    """Return a resource that came as JSON."""
    try:
        document = json.loads(resource or b"{}")
    except ValueError as error:
        raise _bad("Parse Error") from error
    if not isinstance(document, dict):
        raise _bad("Parse Error")
    return document


def _bad(message: str) -> StorageError:
    return StorageError(400, "invalid", message)
