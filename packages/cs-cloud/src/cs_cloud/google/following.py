"""Follows a job or build to its end: its states and its log, as they come, through outages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic

from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import explained, is_transient
from cs_cloud.google.log_reader import Log
from cs_cloud.google.resources import Resources, T

# Cloud Logging takes 60 reads a minute from a project, over all its users.
_MIN_PAUSE, _MAX_PAUSE, _MAX_PAUSE_IN_OUTAGE = 2.0, 10.0, 60.0
_GIVE_UP_AFTER = 900.0  # seconds without an answer
_LAST_READS = 3  # of the log, after the end: entries arrive a few seconds late


class StillRunningError(CloudError):
    """The deadline has passed, and the job or build still runs."""


@dataclass
class Follower(Generic[T]):
    """Follows one job or build."""

    resources: Resources[T]
    name: str
    """Its full name."""
    show: Callable[[str], None]
    """Is called with each line of the log, change of state, and outage."""
    deadline: timedelta | None = None
    """How long it is followed; by default as long as it takes."""
    with_log: bool = True
    tail: int | None = None
    """How many lines of the log so far are shown; by default all."""

    _now: T = field(init=False)
    _shown: T | None = field(init=False, default=None)  # as it was when its state was shown
    _log: Log | None = field(init=False, default=None)

    def run(self) -> T:
        """Follow it until it has ended, and return it as it ended.

        An interrupt shows how to come back to it, and is passed on to the caller.

        Raises:
            StillRunningError: the deadline has passed.
            CloudError: it cannot be read, or there was no answer for a quarter of an hour.
        """
        comeback = f"{self._title} still runs; {self.resources.commands_for(self.name)}"
        try:
            self._follow(comeback)
        except KeyboardInterrupt:
            self.show(comeback)
            raise
        # The rest of the log: its errors take nothing from the result.
        for left in reversed(range(_LAST_READS if self.with_log else 0)):
            self.resources.clients.sleep(_MIN_PAUSE)
            try:
                self._show_log(final=left == 0)
            except CloudError as error:
                self.show(str(error))
        self.show(self.resources.describe_change(self._shown, self._now))
        return self._now

    def _follow(self, comeback: str) -> None:
        clients = self.resources.clients
        began = answered = clients.monotonic()
        pause = _MIN_PAUSE
        while True:
            try:
                news = self._look()
            except CloudError as error:
                if not is_transient(error.__cause__):
                    raise
                if clients.monotonic() - answered > _GIVE_UP_AFTER:
                    raise CloudError(f"{error}; {comeback}") from error
                pause = min(pause * 2, _MAX_PAUSE_IN_OUTAGE)
                self.show(f"{error}; asking again in {pause:.0f}s")
            else:
                if news is None:
                    return
                answered = clients.monotonic()
                pause = _MIN_PAUSE if news else min(pause * 1.5, _MAX_PAUSE)
            if self.deadline is not None:
                left = self.deadline.total_seconds() - (clients.monotonic() - began)
                if left <= 0:
                    late = f"has not ended within {format_duration(self.deadline)}"
                    raise StillRunningError(f"{self._title} {late}; {comeback}")
                pause = min(pause, left)
            clients.sleep(pause)

    def _look(self) -> bool | None:
        """Show what is new; return whether anything was, None at the end, which is not shown."""
        with explained(f"reading {self._title}"):
            self._now = self.resources.get(self.name, retry=None)
        state = self.resources.state_of(self._now)
        if state in self.resources.ended:
            return None
        changed = self._shown is None or self.resources.state_of(self._shown) != state
        if changed:
            self.show(self.resources.describe_change(self._shown, self._now))
            self._shown = self._now
        return self._show_log() or changed

    def _show_log(self, *, final: bool = False) -> bool:
        news = False
        try:
            if self.with_log:
                self._log = self._log or self.resources.log_of(self._now, self.tail)
                with explained(f"reading {self._log.name}"):
                    for line in self._log.new_lines(final=final):
                        self.show(self.resources.format_line(self._now, line))
                        news = True
        except CloudError as error:
            if is_transient(error.__cause__):
                raise
            states = f"only the states of the {self.resources.noun} are shown"
            self.show(f"{error}; from here on, {states}")
            self.with_log = False
        return news

    @property
    def _title(self) -> str:
        return f"{self.resources.noun} {self.name.rpartition('/')[2]}"
