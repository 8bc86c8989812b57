"""Reads lines from Cloud Logging: once, or again and again for what has come since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from cs_cloud.google.api_errors import RETRY, explained
from cs_cloud.google.clients import Clients

_PAGE = 1000
# Entries of several machines arrive out of order, and some a good deal later than others.
_OVERLAP = timedelta(seconds=20)
# Logging takes 60 reads a minute from a whole project: one that is refused waits for the next.
_RETRY = RETRY.with_timeout(90).with_delay(maximum=15)


@dataclass(frozen=True)
class LogLine:
    """One entry of a log."""

    time: datetime
    severity: str
    message: str
    replica: str = ""
    """Of a job: which of its machines said it, such as `workerpool0-0`."""


class LogReader:
    """Reads the entries that pass a filter, each once, however often it is asked."""

    def __init__(self, clients: Clients, wanted: str, since: datetime) -> None:
        """Set the reader before the first entry.

        Args:
            clients: the clients.
            wanted: a filter of Cloud Logging, without times.
            since: when what is logged began, or before.
        """
        self._clients = clients
        self._wanted = wanted
        self._since = since
        self._newest = since
        self._seen: dict[tuple[datetime, str], datetime] = {}

    def new_lines(self) -> Iterator[LogLine]:
        """Yield what has come since, the oldest first; make no second attempt at anything.

        Where it fails, what was yielded will not be yielded again.
        """
        start = max(self._since, self._newest - _OVERLAP)
        self._seen = {key: time for key, time in self._seen.items() if time >= start}
        for entry in self._list(start, "timestamp asc"):
            key = (entry.timestamp, entry.insert_id or "")
            if key in self._seen:
                continue
            self._seen[key] = entry.timestamp
            self._newest = max(self._newest, entry.timestamp)
            yield _line(entry)

    def all_lines(self) -> list[LogLine]:
        """Return what has come since, in the order of time.

        Raises:
            CloudError: it cannot be read.
        """
        lines: list[LogLine] = []

        def read() -> None:
            for line in self.new_lines():
                lines.append(line)  # one by one: what was read counts, if the next one fails

        with explained("reading the log"):
            _RETRY(read)()
        return sorted(lines, key=lambda line: line.time)

    def last_lines(self, count: int) -> list[LogLine]:
        """Return the last lines there are, in the order of time; `new_lines` goes on after them.

        Raises:
            CloudError: they cannot be read.
        """

        def read() -> list[Any]:
            return list(islice(self._list(self._since, "timestamp desc"), count))

        with explained("reading the log"):
            entries = _RETRY(read)()[::-1]
        for entry in entries:
            self._seen[entry.timestamp, entry.insert_id or ""] = entry.timestamp
        if entries:
            self._since, self._newest = entries[0].timestamp, entries[-1].timestamp
        return [_line(entry) for entry in entries]

    def _list(self, start: datetime, order: str) -> Iterator[Any]:
        stamp = start.astimezone(UTC).isoformat().replace("+00:00", "Z")
        entries: Iterator[Any] = self._clients.logs.list_entries(
            filter_=f'{self._wanted} AND timestamp>="{stamp}"', order_by=order, page_size=_PAGE
        )
        return entries


def _line(entry: Any) -> LogLine:  # noqa: ANN401  Logging's entry, which has no types
    labels = entry.resource.labels if entry.resource else {}
    return LogLine(
        time=entry.timestamp,
        severity=entry.severity or "DEFAULT",
        message=_message(entry.payload).rstrip("\n"),
        replica=(labels or {}).get("task_name", ""),
    )


def _message(payload: Any) -> str:  # noqa: ANN401  text, JSON or nothing
    if isinstance(payload, dict):
        message = payload.get("message")
        return message if isinstance(message, str) else json.dumps(payload, ensure_ascii=False)
    return "" if payload is None else str(payload)
