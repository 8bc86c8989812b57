"""Buckets and objects: what Cloud Storage keeps, and the conditions under which it changes."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import google_crc32c

from fake_google_cloud.clock import Clock, timestamp
from fake_google_cloud.errors import ApiError, invalid
from fake_google_cloud.policies import Policy
from fake_google_cloud.project import Project


@dataclass(frozen=True)
class StoredObject:
    """One generation of an object: its resource, as the API gives it, and its content."""

    resource: dict[str, Any]
    data: bytes

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.resource["name"])

    @property
    def generation(self) -> int:
        """The number of the generation."""
        return int(self.resource["generation"])


@dataclass
class Bucket:
    """A bucket and its objects."""

    resource: dict[str, Any]
    versioned: bool = False
    """Whether generations that were replaced or deleted can still be read."""
    policy: Policy = field(default_factory=Policy)
    objects: dict[str, StoredObject] = field(default_factory=dict)
    """The current generations by name."""
    earlier: list[StoredObject] = field(default_factory=list)

    def listed(self, prefix: str, *, versions: bool) -> list[StoredObject]:
        """Return the objects whose names begin with a prefix, in the order of their names."""
        found = [*(self.earlier if versions else ()), *self.objects.values()]
        chosen = [each for each in found if each.name.startswith(prefix)]
        return sorted(chosen, key=lambda each: (each.name, each.generation))

    def remove(self, name: str) -> None:
        """Let an object have no current generation, if it has one."""
        removed = self.objects.pop(name, None)
        if removed and self.versioned:
            self.earlier.append(removed)


class Storage:
    """The buckets by name; `conditions` are the query's parameters of a request."""

    def __init__(self, clock: Clock) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._clock = clock
        self._counter = itertools.count(1)

    def add_bucket(self, name: str, location: str = "us", *, versioned: bool = False) -> Bucket:
        """Make a bucket, or return the one there is."""
        resource = {
            "kind": "storage#bucket",
            "id": name,
            "name": name,
            "projectNumber": Project.number,
            "location": location.upper(),
            "locationType": "region" if "-" in location else "multi-region",
            "storageClass": "STANDARD",
            "timeCreated": timestamp(self._clock.now()),
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        }
        return self.buckets.setdefault(name, Bucket(resource, versioned))

    def bucket(self, name: str) -> Bucket:
        """Return a bucket."""
        if name not in self.buckets:
            raise ApiError(404, "The specified bucket does not exist.", "notFound")
        return self.buckets[name]

    def get(self, bucket: str, name: str, conditions: Mapping[str, str]) -> StoredObject:
        """Return an object, in the `generation` that is asked for."""
        found = self.bucket(bucket).objects.get(name)
        wanted = read_number(conditions, "generation")
        if wanted is not None:
            every = self.bucket(bucket).listed(name, versions=True)
            key = (name, wanted)
            found = next((each for each in every if (each.name, each.generation) == key), None)
        if not found:
            raise ApiError(404, f"No such object: {bucket}/{name}", "notFound")
        _check_generation(found, conditions)
        return found

    def put(
        self,
        bucket: str,
        name: str,
        data: bytes,
        described: Mapping[str, Any] = {},
        conditions: Mapping[str, str] = {},
    ) -> StoredObject:
        """Write an object, over another of its name if the conditions allow.

        Args:
            bucket: the bucket's name.
            name: the object's name.
            data: its content.
            described: its `contentType` and `metadata`, and the checksums that it must have.
            conditions: `ifGenerationMatch` of the request.
        """
        kept = self.bucket(bucket)
        _check_generation(kept.objects.get(name), conditions)
        now = self._clock.now()
        # Microseconds, as Google's generations are; the counter keeps them apart.
        generation = str(int(now.timestamp() * 1e6) + next(self._counter))
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        crc32c = google_crc32c.value(data).to_bytes(4, "big")
        checksums = {"md5Hash": _base64(md5), "crc32c": _base64(crc32c)}
        for key, actual in checksums.items():
            if described.get(key, actual) != actual:
                given = f"Provided {key} {described[key]} does not match"
                raise invalid(f"{given} the content's {actual}.")
        resource = {
            "kind": "storage#object",
            "id": f"{bucket}/{name}/{generation}",
            "name": name,
            "bucket": bucket,
            "generation": generation,
            "metageneration": "1",
            "contentType": described.get("contentType") or "application/octet-stream",
            "metadata": described.get("metadata", {}),
            "storageClass": "STANDARD",
            "size": str(len(data)),
            **checksums,
            "etag": _base64(generation.encode()),
            "timeCreated": timestamp(now),
            "updated": timestamp(now),
        }
        if kept.versioned and name in kept.objects:
            kept.earlier.append(kept.objects[name])
        kept.objects[name] = StoredObject(resource, data)
        return kept.objects[name]


def read_number(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter's value, if it is there."""
    text = parameters.get(name)
    if text is not None and not text.isdecimal():
        raise invalid(f"Invalid value for {name}: {text!r}")
    return None if text is None else int(text)


def _check_generation(found: StoredObject | None, conditions: Mapping[str, str]) -> None:
    generation = found.generation if found else 0
    if read_number(conditions, "ifGenerationMatch") not in (None, generation):
        failed = "At least one of the pre-conditions you specified did not hold."
        raise ApiError(412, failed, "conditionNotMet")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
