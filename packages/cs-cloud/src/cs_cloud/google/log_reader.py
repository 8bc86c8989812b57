"""Reads the lines of a log, each once, however often it is asked: here those of Cloud Logging."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
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
    """Of a job: the machine that wrote it, such as `workerpool0-0`."""


class Log(ABC):
    """A log whose lines are read each once, however often it is asked."""

    name = "the log"
    """What errors call it."""

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
        entries: Iterator[Any] = self._list(start, "timestamp asc")
        if self._tail is not None:
            last = list(islice(self._list(start, "timestamp desc"), self._tail))
            entries = reversed(last)
            self._tail = None
            self._since = last[-1].timestamp if last else self._since
        for entry in entries:
            key = (entry.timestamp, entry.insert_id or "")
            if key not in self._seen:
                self._seen[key] = entry.timestamp
                self._newest = max(self._newest, entry.timestamp)
                yield _line(entry)

    def _list(self, start: datetime, order: str) -> Iterator[Any]:
        stamp = start.astimezone(UTC).isoformat().replace("+00:00", "Z")
        entries: Iterator[Any] = self._clients.logs.list_entries(
            filter_=f'{self._query} AND timestamp>="{stamp}"', order_by=order, page_size=_PAGE
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
