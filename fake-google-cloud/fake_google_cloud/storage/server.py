"""Cloud Storage alone on a local port, for tests that need nothing else of the cloud."""

from __future__ import annotations

from collections import Counter

from fake_google_cloud.clock import Clock
from fake_google_cloud.faults import Fault, Kind
from fake_google_cloud.project import Project
from fake_google_cloud.server import Server
from fake_google_cloud.storage.api import DOWNLOAD, StorageApi
from fake_google_cloud.storage.objects import Storage

_SECONDS = 4


class StorageServer(Server):
    """Cloud Storage with one bucket, which keeps every generation.

    Each call of the method `faulty` meets the first of `faults`, which is taken from there, or else
    `fault`: None, or a kind as in `fail`, which orders faults of other methods.
    """

    def __init__(self, bucket: str, faulty: str = DOWNLOAD) -> None:
        clock = Clock()
        project = Project("my-project", "europe-west1", clock)
        self.storage = Storage(clock)
        self._api = StorageApi(self.storage, project)
        super().__init__(project, self._api.routes())
        self.bucket = bucket
        self.faulty = faulty
        self.clear()

    def clear(self) -> None:
        """Empty the bucket, and forget faults, requests and counts."""
        self.storage.buckets.clear()
        self.storage.add_bucket(self.bucket, versioned=True)
        self.fault: Kind | None = None
        self.faults: list[Kind | None] = []
        self.sent.clear()
        self.forget()

    @property
    def sent(self) -> Counter[str]:
        """How many bytes of each object were sent."""
        return self._api.sent

    @property
    def names(self) -> list[str]:
        """Names of all objects, in the order in which they were first written."""
        return list(self.storage.bucket(self.bucket).objects)

    def read(self, name: str) -> bytes:
        """Return an object's content."""
        return self.storage.bucket(self.bucket).objects[name].data

    def put(self, name: str, content: bytes) -> str:
        """Write an object; return its generation."""
        return str(self.storage.put(self.bucket, name, content).generation)

    def next_fault(self, names: tuple[str, ...]) -> Fault | None:
        """Return the fault of a call: one that `fail` ordered, or the next of `faults`."""
        if ordered := super().next_fault(names):
            return ordered
        if self.faulty not in names:
            return None
        kind = self.faults.pop(0) if self.faults else self.fault
        return None if kind is None else Fault(kind, seconds=_SECONDS)
