"""The log of a build, from the bucket or the Cloud Logging that the build keeps it in."""

from __future__ import annotations

from collections.abc import Iterator

from google.api_core.exceptions import NotFound, RequestRangeNotSatisfiable
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOptions

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import TIMEOUT
from cs_cloud.google.clients import Clients
from cs_cloud.google.log_reader import Log, LogLine, LogReader

_Mode = BuildOptions.LoggingMode


def build_log(clients: Clients, build: Build, tail: int | None = None) -> Log:
    """Return the log of a build; `tail` is for those in Cloud Logging.

    Raises:
        CloudError: the build keeps no log.
    """
    mode = build.options.logging
    if mode == _Mode.NONE:
        raise CloudError(f"build {build.id} keeps no log: its options.logging is NONE")
    if mode in (_Mode.CLOUD_LOGGING_ONLY, _Mode.STACKDRIVER_ONLY) or not build.logs_bucket:
        query = f'resource.type="build" AND resource.labels.build_id="{build.id}"'
        return LogReader(clients, query, build.create_time, tail)
    return _ObjectLog(clients, build)


class _ObjectLog(Log):
    """A log that is an object in Cloud Storage, which grows."""

    def __init__(self, clients: Clients, build: Build) -> None:
        bucket, _, folder = build.logs_bucket.removeprefix("gs://").partition("/")
        path = f"{folder.rstrip('/')}/log-{build.id}.txt".lstrip("/")
        self.name = f"gs://{bucket}/{path}"
        self._bucket, self._path = clients.storage.bucket(bucket), path
        self._time = build.create_time  # of every line: the object holds none
        self._read = 0
        self._rest = b""  # of a line that has not ended yet

    def new_lines(self, *, final: bool = False) -> Iterator[LogLine]:
        """Yield the lines that are new, without a retry."""
        try:
            # the checksum that comes with a part of an object is that of the complete object
            # a blob that was read before would ask for the same generation again
            data = self._bucket.blob(self._path).download_as_bytes(
                start=self._read, checksum=None, retry=None, timeout=TIMEOUT
            )
        except (NotFound, RequestRangeNotSatisfiable):  # not begun yet, or nothing new
            data = b""
        self._read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if final and self._rest:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            yield LogLine(self._time, "DEFAULT", line.decode(errors="replace"))
