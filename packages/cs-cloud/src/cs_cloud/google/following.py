"""Follows a job or build to its end: its states and its log, as they come, through outages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Generic

from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import explained, is_transient
from cs_cloud.google.log_reader import Log
from cs_cloud.google.resources import Resources, T

# Cloud Logging takes 60 reads a minute from a whole project, whoever makes them.
_MIN_PAUSE, _MAX_PAUSE, _MAX_PAUSE_IN_OUTAGE = 2.0, 10.0, 60.0
_GIVE_UP_AFTER = 900.0  # seconds without an answer
_LAST_READS = 3  # of the log, after the end: entries arrive a few seconds late


class StillRunningError(CloudError):
    """The deadline has passed, and what was followed goes on."""


def follow(
    resources: Resources[T],
    name: str,
    *,
    show: Callable[[str], None],
    deadline: timedelta | None = None,
    with_log: bool = True,
    tail: int | None = None,
) -> T:
    """Follow a job or build until it has ended, and return it as it ended.

    An interrupt shows how to come back to it, and is passed on to the caller.

    Args:
        resources: the jobs, or the builds.
        name: the full name.
        show: is called with each line of the log, change of state, and outage.
        deadline: how long to follow it; by default as long as it takes.
        with_log: whether to show the log at all.
        tail: how many lines of the log so far are shown; by default all.

    Raises:
        StillRunningError: the deadline has passed.
        CloudError: it cannot be read, or there was no answer for a quarter of an hour.
    """
    followed = _Followed(resources, name, show, with_log=with_log, tail=tail)
    comeback = f"{followed.title} goes on; {resources.commands_for(name)}"
    sleep, monotonic = resources.clients.sleep, resources.clients.monotonic
    began = answered = monotonic()
    pause = _MIN_PAUSE
    try:
        while True:
            try:
                news = followed.look()
            except CloudError as error:
                if not is_transient(error.__cause__):
                    raise
                if monotonic() - answered > _GIVE_UP_AFTER:
                    raise CloudError(f"{error}; {comeback}") from error
                pause = min(pause * 2, _MAX_PAUSE_IN_OUTAGE)
                show(f"{error}; asking again in {pause:.0f}s")
            else:
                if followed.has_ended:
                    break
                answered = monotonic()
                pause = _MIN_PAUSE if news else min(pause * 1.5, _MAX_PAUSE)
            if deadline is not None:
                left = deadline.total_seconds() - (monotonic() - began)
                if left <= 0:
                    limit = format_duration(deadline)
                    raise StillRunningError(
                        f"{followed.title} has not ended within {limit}; {comeback}"
                    )
                pause = min(pause, left)
            sleep(pause)
    except KeyboardInterrupt:
        show(comeback)
        raise
    return followed.finish()


class _Followed(Generic[T]):
    """A job or build that is read again and again, and what of it has been shown."""

    def __init__(
        self,
        resources: Resources[T],
        name: str,
        show: Callable[[str], None],
        *,
        with_log: bool,
        tail: int | None,
    ) -> None:
        self.title = f"{resources.noun} {name.rpartition('/')[2]}"
        self.has_ended = False
        self._resources, self._name, self._show = resources, name, show
        self._with_log, self._tail = with_log, tail
        self._log: Log | None = None
        self._now: T
        self._shown: T | None = None  # as it was when its state was shown

    def look(self) -> bool:
        """Show what is new, but leave the end to `finish`; return whether anything was."""
        with explained(f"reading {self.title}"):
            self._now = self._resources.get(self._name, retry=None)
        state = self._resources.state_of(self._now)
        self.has_ended = state in self._resources.ended
        if self.has_ended:
            return True
        changed = self._shown is None or self._resources.state_of(self._shown) != state
        if changed:
            self._show(self._resources.describe_change(self._shown, self._now))
            self._shown = self._now
        return self._show_log() or changed

    def finish(self) -> T:
        """Show the rest of the log, whose errors take nothing from the result, and the end."""
        for left in reversed(range(_LAST_READS if self._with_log else 0)):
            self._resources.clients.sleep(_MIN_PAUSE)
            try:
                self._show_log(final=left == 0)
            except CloudError as error:
                self._show(str(error))
        self._show(self._resources.describe_change(self._shown, self._now))
        return self._now

    def _show_log(self, *, final: bool = False) -> bool:
        if not self._with_log:
            return False
        news = False
        try:
            self._log = self._log or self._resources.log_of(self._now, self._tail)
            with explained(f"reading {self._log.name}"):
                for line in self._log.new_lines(final=final):
                    self._show(self._resources.format_line(self._now, line))
                    news = True
        except CloudError as error:
            if is_transient(error.__cause__):
                raise
            states = f"only the states of the {self._resources.noun} are shown"
            self._show(f"{error}; from here on, {states}")
            self._with_log = False
        return news
