"""Buckets and objects: what Cloud Storage keeps, and the conditions under which it changes."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import google_crc32c
from google.iam.v1.policy_pb2 import Policy

from fake_google_cloud.clock import Clock


class StorageError(Exception):
    """A refusal with the HTTP status and the reason that the JSON API gives."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class StoredObject:
    """One object, in its one living generation."""

    bucket: str
    name: str
    data: bytes
    content_type: str
    metadata: dict[str, str]
    generation: int
    created: datetime

    @property
    def crc32c(self) -> str:
        """The checksum, as the API writes it."""
        checksum = google_crc32c.value(self.data).to_bytes(4, "big")
        return base64.b64encode(checksum).decode()

    @property
    def md5(self) -> str:
        """The MD5 hash, as the API writes it."""
        digest = hashlib.md5(self.data, usedforsecurity=False).digest()
        return base64.b64encode(digest).decode()

    def to_json(self) -> dict[str, Any]:
        """Return the object's resource."""
        created = _timestamp(self.created)
        return {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "name": self.name,
            "bucket": self.bucket,
            "generation": str(self.generation),
            "metageneration": "1",
            "contentType": self.content_type,
            "storageClass": "STANDARD",
            "size": str(len(self.data)),
            "md5Hash": self.md5,
            "crc32c": self.crc32c,
            "etag": base64.b64encode(str(self.generation).encode()).decode(),
            "timeCreated": created,
            "updated": created,
            "timeStorageClassUpdated": created,
            **({"metadata": self.metadata} if self.metadata else {}),
        }


@dataclass
class Bucket:
    """A bucket and its objects."""

    name: str
    location: str
    created: datetime
    objects: dict[str, StoredObject] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)

    def to_json(self, project_number: str) -> dict[str, Any]:
        """Return the bucket's resource."""
        return {
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "projectNumber": project_number,
            "location": self.location.upper(),
            "locationType": "multi-region" if "-" not in self.location else "region",
            "storageClass": "STANDARD",
            "metageneration": "1",
            "etag": "CAE=",
            "timeCreated": _timestamp(self.created),
            "updated": _timestamp(self.created),
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        }


class Storage:
    """The buckets by name."""

    def __init__(self, clock: Clock) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._clock = clock
        self._counter = itertools.count(1)

    def now(self) -> datetime:
        """Return the time."""
        return self._clock.now()

    def add_bucket(self, name: str, location: str) -> Bucket:
        """Make a bucket, or return the one there is."""
        return self.buckets.setdefault(name, Bucket(name, location, self._clock.now()))

    def bucket(self, name: str) -> Bucket:
        """Return a bucket."""
        if name not in self.buckets:
            raise StorageError(404, "notFound", "The specified bucket does not exist.")
        return self.buckets[name]

    def get(
        self, bucket: str, name: str, conditions: Mapping[str, str] | None = None
    ) -> StoredObject:
        """Return an object.

        Args:
            bucket: the bucket's name.
            name: the object's name.
            conditions: `generation` and `ifGenerationMatch` of the request.
        """
        found = self.bucket(bucket).objects.get(name)
        wanted = read_number(conditions or {}, "generation")
        if not found or wanted not in (None, found.generation):
            raise StorageError(404, "notFound", f"No such object: {bucket}/{name}")
        _check_generation(found, conditions or {})
        return found

    def put(
        self,
        bucket: str,
        name: str,
        data: bytes,
        *,
        content_type: str = "application/octet-stream",
        metadata: dict[str, str] | None = None,
        conditions: Mapping[str, str] | None = None,
    ) -> StoredObject:
        """Write an object, over another of its name if the conditions allow."""
        objects = self.bucket(bucket).objects
        _check_generation(objects.get(name), conditions or {})
        now = self._clock.now()
        # Microseconds, as Google's generations are; the counter keeps them apart.
        generation = int(now.timestamp() * 1e6) + next(self._counter)
        objects[name] = StoredObject(
            bucket, name, data, content_type, metadata or {}, generation, now
        )
        return objects[name]

    def delete(self, bucket: str, name: str, conditions: Mapping[str, str]) -> None:
        """Delete an object."""
        self.get(bucket, name, conditions)
        del self.bucket(bucket).objects[name]


def read_number(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter's value, if it is there."""
    text = parameters.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise StorageError(400, "invalid", f"Invalid value for {name}: {text!r}")
    return int(text)


def _check_generation(found: StoredObject | None, conditions: Mapping[str, str]) -> None:
    generation = found.generation if found else 0
    if read_number(conditions, "ifGenerationMatch") not in (None, generation):
        raise StorageError(
            412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold."
        )
    if read_number(conditions, "ifGenerationNotMatch") == generation:
        raise StorageError(304, "notModified", "Not Modified")


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
