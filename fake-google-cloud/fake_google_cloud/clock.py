"""The fake cloud's own time, which a test moves."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Stands still until it is advanced, or follows the wall clock at a multiple of its speed."""

    def __init__(self, start: datetime | None = None, speed: float = 0) -> None:
        self._start = start or datetime.now(UTC)
        self._speed = speed
        self._began = time.monotonic()
        self._advanced = 0.0

    def now(self) -> datetime:
        """Return the time here."""
        elapsed = self._speed * (time.monotonic() - self._began)
        return self._start + timedelta(seconds=self._advanced + elapsed)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        if seconds < 0:
            raise ValueError(f"time cannot go back by {-seconds} s")
        self._advanced += seconds


def timestamp(moment: datetime) -> str:
    """Return a moment as the APIs write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
