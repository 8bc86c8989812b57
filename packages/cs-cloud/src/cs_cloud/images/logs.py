"""The log of a build, from the bucket or the Cloud Logging that the build keeps it in."""

from __future__ import annotations

from collections.abc import Iterator

from google.api_core.exceptions import NotFound, RequestRangeNotSatisfiable
from google.api_core.retry import Retry
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOptions

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import RETRY, TIMEOUT, explained
from cs_cloud.google.clients import Clients
from cs_cloud.google.log_reader import LogReader

_Mode = BuildOptions.LoggingMode


class BuildLog:
    """Reads the lines of a build's log, each once, however often it is asked."""

    def __init__(self, clients: Clients, build: Build) -> None:
        """Set the log before its first line.

        Raises:
            CloudError: the build keeps no log.
        """
        mode = build.options.logging
        if mode == _Mode.NONE:
            raise CloudError(f"build {build.id} keeps no log: its options.logging is NONE")
        self._clients = clients
        self._reader: LogReader | None = None
        if mode in (_Mode.CLOUD_LOGGING_ONLY, _Mode.STACKDRIVER_ONLY) or not build.logs_bucket:
            wanted = f'resource.type="build" AND resource.labels.build_id="{build.id}"'
            self._reader = LogReader(clients, wanted, build.create_time)
        bucket, _, folder = build.logs_bucket.removeprefix("gs://").partition("/")
        self._bucket = bucket
        self._object = f"{folder.rstrip('/')}/log-{build.id}.txt".lstrip("/")
        self._read = 0
        self._rest = b""  # of a line that has not ended yet

    def all_lines(self) -> list[str]:
        """Return the lines that have come since, and a last one that has not ended.

        Raises:
            CloudError: they cannot be read.
        """
        if self._reader:
            return [line.message for line in self._reader.all_lines()]
        with explained(f"reading gs://{self._bucket}/{self._object}"):
            lines = list(self._new_in_object(RETRY))
        if self._rest:
            lines.append(self._rest.decode(errors="replace"))
            self._rest = b""
        return lines

    def new_lines(self) -> Iterator[str]:
        """Yield the lines that have come since; make no second attempt at anything."""
        if self._reader:
            yield from (line.message for line in self._reader.new_lines())
        else:
            yield from self._new_in_object(None)

    def _new_in_object(self, retry: Retry | None) -> Iterator[str]:
        blob = self._clients.storage.bucket(self._bucket).blob(self._object)
        try:
            # the checksum that comes with a part of an object is that of the whole
            data = blob.download_as_bytes(
                start=self._read, checksum=None, retry=retry, timeout=TIMEOUT
            )
        except (NotFound, RequestRangeNotSatisfiable):  # not begun yet, or nothing new
            return
        self._read += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
