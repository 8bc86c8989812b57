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

from fake_google_cloud.clock import Clock, timestamp
from fake_google_cloud.errors import ApiError
from fake_google_cloud.policies import Policy


@dataclass(frozen=True)
class StoredObject:
    """One generation of an object."""

    bucket: str
    name: str
    data: bytes
    content_type: str
    metadata: Mapping[str, str]
    generation: int
    created: datetime

    @property
    def checksums(self) -> dict[str, str]:
        """The checksums by their names in the resource, as the API writes them."""
        md5 = hashlib.md5(self.data, usedforsecurity=False).digest()
        crc32c = google_crc32c.value(self.data).to_bytes(4, "big")
        return {
            "crc32c": base64.b64encode(crc32c).decode(),
            "md5Hash": base64.b64encode(md5).decode(),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the object's resource."""
        created = timestamp(self.created)
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
            **self.checksums,
            "etag": base64.b64encode(str(self.generation).encode()).decode(),
            "timeCreated": created,
            "updated": created,
            **({"metadata": self.metadata} if self.metadata else {}),
        }


@dataclass
class Bucket:
    """A bucket and its objects."""

    name: str
    location: str
    created: datetime
    versioned: bool = False
    """Whether generations that were replaced or deleted can still be read."""
    policy: Policy = field(default_factory=Policy)
    objects: dict[str, StoredObject] = field(default_factory=dict)
    """The current generations by name."""
    earlier: list[StoredObject] = field(default_factory=list)
    """What was replaced or deleted, where that is kept."""

    def to_json(self, project_number: str) -> dict[str, Any]:
        """Return the bucket's resource."""
        return {
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "projectNumber": project_number,
            "location": self.location.upper(),
            "locationType": "region" if "-" in self.location else "multi-region",
            "storageClass": "STANDARD",
            "metageneration": "1",
            "etag": "CAE=",
            "timeCreated": timestamp(self.created),
            "updated": timestamp(self.created),
            "versioning": {"enabled": self.versioned},
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        }


class Storage:
    """The buckets by name."""

    def __init__(self, clock: Clock) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._clock = clock
        self._counter = itertools.count(1)

    def add_bucket(self, name: str, location: str = "us", *, versioned: bool = False) -> Bucket:
        """Make a bucket, or return the one there is."""
        made = Bucket(name, location, self._clock.now(), versioned)
        return self.buckets.setdefault(name, made)

    def bucket(self, name: str) -> Bucket:
        """Return a bucket."""
        if name not in self.buckets:
            raise ApiError(404, "The specified bucket does not exist.", "notFound")
        return self.buckets[name]

    def listed(self, bucket: str, prefix: str, *, versions: bool) -> list[StoredObject]:
        """Return the objects whose names begin with a prefix, in the order of their names."""
        kept = self.bucket(bucket)
        found = [*(kept.earlier if versions else ()), *kept.objects.values()]
        chosen = [each for each in found if each.name.startswith(prefix)]
        return sorted(chosen, key=lambda each: (each.name, each.generation))

    def get(
        self, bucket: str, name: str, conditions: Mapping[str, str] | None = None
    ) -> StoredObject:
        """Return an object.

        Args:
            bucket: the bucket's name.
            name: the object's name.
            conditions: `generation` and `ifGenerationMatch` of the request.
        """
        kept = self.bucket(bucket)
        found = kept.objects.get(name)
        wanted = read_number(conditions or {}, "generation")
        if wanted is not None:
            generations = [*kept.earlier, *kept.objects.values()]
            same = [each for each in generations if (each.name, each.generation) == (name, wanted)]
            found = same[0] if same else None
        if not found:
            raise ApiError(404, f"No such object: {bucket}/{name}", "notFound")
        _check_generation(found, conditions or {})
        return found

    def put(
        self,
        bucket: str,
        name: str,
        data: bytes,
        *,
        resource: Mapping[str, Any] | None = None,
        conditions: Mapping[str, str] | None = None,
    ) -> StoredObject:
        """Write an object, over another of its name if the conditions allow.

        Args:
            bucket: the bucket's name.
            name: the object's name.
            data: its content.
            resource: its `contentType` and `metadata`, and the checksums that it must have.
            conditions: `ifGenerationMatch` of the request.
        """
        kept, resource = self.bucket(bucket), resource or {}
        _check_generation(kept.objects.get(name), conditions or {})
        now = self._clock.now()
        # Microseconds, as Google's generations are; the counter keeps them apart.
        generation = int(now.timestamp() * 1e6) + next(self._counter)
        kind = resource.get("contentType") or "application/octet-stream"
        written = StoredObject(
            bucket, name, data, kind, resource.get("metadata") or {}, generation, now
        )
        for key, actual in written.checksums.items():
            if resource.get(key, actual) != actual:
                given = f"Provided {key} {resource[key]} does not match the content's {actual}."
                raise ApiError(400, given, "invalid")
        if kept.versioned and name in kept.objects:
            kept.earlier.append(kept.objects[name])
        kept.objects[name] = written
        return written

    def delete(self, bucket: str, name: str, conditions: Mapping[str, str]) -> None:
        """Delete an object."""
        self.get(bucket, name, conditions)
        kept = self.bucket(bucket)
        removed = kept.objects.pop(name)
        if kept.versioned:
            kept.earlier.append(removed)


def read_number(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter's value, if it is there."""
    text = parameters.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise ApiError(400, f"Invalid value for {name}: {text!r}", "invalid")
    return int(text)


def _check_generation(found: StoredObject | None, conditions: Mapping[str, str]) -> None:
    generation = found.generation if found else 0
    if read_number(conditions, "ifGenerationMatch") not in (None, generation):
        failed = "At least one of the pre-conditions you specified did not hold."
        raise ApiError(412, failed, "conditionNotMet")
    if read_number(conditions, "ifGenerationNotMatch") == generation:
        raise ApiError(304, "Not Modified", "notModified")
