"""Reads the lines of a log incrementally, each once: those of Cloud Logging."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from cs_cloud.google.api_errors import RETRY, TIMEOUT, explained
from cs_cloud.google.clients import Clients
from cs_cloud.google.rest import Json

_PAGE = 1000
# Entries of several machines arrive out of order, and some a good deal later than others.
_OVERLAP = timedelta(seconds=20)
# Logging takes 60 reads a minute from a project: one that is refused waits for the next.
_RETRY = RETRY.with_timeout(90).with_delay(maximum=15)


@dataclass(frozen=True)
class LogLine:
    """One entry of a log."""

    time: datetime
    severity: str
    message: str
    replica: str = ""
    """Of a job: the machine that wrote it, such as `workerpool0-0`."""


class Log(ABC):
    """A log that is read incrementally, each line once."""

    name = "the log"
    """Its name in errors."""

    @abstractmethod
    def new_lines(self, *, final: bool = False) -> Iterator[LogLine]:
        """Yield the lines that are new, the oldest first, without a retry.

        Lines that were yielded before an error are not yielded again.

        Args:
            final: whether nothing more will be logged, so that a last line needs no end.
        """

    def all_lines(self) -> list[LogLine]:
        """Return the lines that are new, in the order of time.

        Raises:
            CloudError: the log cannot be read.
        """
        lines: list[LogLine] = []

        def read() -> None:
            for line in self.new_lines(final=True):
                lines.append(line)  # one by one: what was read counts, if the next one fails

        with explained(f"reading {self.name}"):
            _RETRY(read)()
        return sorted(lines, key=lambda line: line.time)


class LogReader(Log):
    """Reads the entries of Cloud Logging that pass a filter.

    Args:
        clients: the clients.
        query: a filter of Cloud Logging, without times.
        since: a time before the first entry.
        tail: how many of the entries so far are read; by default all.
    """

    def __init__(
        self, clients: Clients, query: str, since: datetime, tail: int | None = None
    ) -> None:
        self._clients = clients
        self._query = query
        self._since = self._newest = since
        self._tail = tail
        self._seen: dict[tuple[datetime, str], datetime] = {}

    def new_lines(self, *, final: bool = False) -> Iterator[LogLine]:
        """Yield the entries that are new, the oldest first, without a retry."""
        start = max(self._since, self._newest - _OVERLAP)
        self._seen = {key: time for key, time in self._seen.items() if time >= start}
        entries: Iterable[Json] = self._list(start, "asc")
        if self._tail is not None:
            entries = list(islice(self._list(start, "desc"), self._tail))[::-1]
            self._tail = None
            self._since = _time_of(entries[0]) if entries else self._since
        for entry in entries:
            time = _time_of(entry)
            if (key := (time, entry.get("insertId", ""))) not in self._seen:
                self._seen[key] = time
                self._newest = max(self._newest, time)
                yield _line(entry, time)

    def _list(self, start: datetime, order: str) -> Iterator[Json]:
        stamp = start.astimezone(UTC).isoformat().replace("+00:00", "Z")
        request = {
            "resourceNames": [f"projects/{self._clients.project}"],
            "filter": f'{self._query} AND timestamp>="{stamp}"',
            "orderBy": f"timestamp {order}",
            "pageSize": _PAGE,
        }
        while True:
            page = self._clients.logs.post("entries:list", request, timeout=TIMEOUT)
            yield from page.get("entries", ())
            if not (token := page.get("nextPageToken")):
                return
            request["pageToken"] = token


def _time_of(entry: Json) -> datetime:
    return datetime.fromisoformat(entry["timestamp"])


def _line(entry: Json, time: datetime) -> LogLine:
    payload = entry.get("jsonPayload") or entry.get("protoPayload") or {}
    message = entry.get("textPayload", payload.get("message"))
    if not isinstance(message, str):
        message = json.dumps(payload, ensure_ascii=False) if payload else ""
    return LogLine(
        time=time,
        severity=entry.get("severity", "DEFAULT"),
        message=message.rstrip("\n"),
        replica=entry.get("resource", {}).get("labels", {}).get("task_name", ""),
    )
