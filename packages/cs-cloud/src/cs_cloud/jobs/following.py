"""Follows a training job to its end: its states, and what it logs, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import TIMEOUT, explained
from cs_cloud.google.clients import Clients
from cs_cloud.google.log_reader import LogLine, LogReader
from cs_cloud.google.polling import SHORTEST_PAUSE, Seen, may_pass, poll
from cs_cloud.google.vertex import CustomJob
from cs_cloud.jobs.logs import format_line, has_replicas, job_log
from cs_cloud.jobs.lookup import ENDED, job_argument, state_of

_LAST_READS = 3  # of the log, after the end: entries arrive a few seconds late


def follow(
    clients: Clients,
    region: str,
    name: str,
    *,
    show: Callable[[str], None],
    deadline: timedelta | None = None,
    with_log: bool = True,
    tail: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> CustomJob:
    """Follow a job until it has ended, through outages of the services that are asked.

    Interrupting it shows that the job goes on, and is passed on to the caller.

    Args:
        clients: the clients.
        region: where the job runs.
        name: the job's full name.
        show: is given the lines of the log, and each change of state in a line of its own.
        deadline: how long to follow it; by default as long as it takes.
        with_log: whether to show the log at all.
        tail: how many lines of the log so far are shown; by default all.
        sleep: waits for so many seconds.
        monotonic: tells the seconds that have passed.

    Returns:
        The job as it ended.

    Raises:
        StillRunningError: the deadline has passed.
        CloudError: the job cannot be read, or there was no answer for a quarter of an hour.
    """
    watched = _WatchedJob(clients, region, name, show, with_log=with_log, tail=tail)
    poll(
        watched.look,
        name=f"job {watched.id}",
        what_now=watched.what_now,
        show=show,
        deadline=deadline,
        sleep=sleep,
        monotonic=monotonic,
    )
    return watched.finish(sleep)


class _WatchedJob:
    """A job that is looked at again and again, and what of it has been shown."""

    def __init__(
        self,
        clients: Clients,
        region: str,
        name: str,
        show: Callable[[str], None],
        *,
        with_log: bool,
        tail: int | None,
    ) -> None:
        self.id = name.rpartition("/")[2]
        where = job_argument(name)
        self.what_now = (
            f"job {self.id} goes on; watch it: cs-cloud logs -f {where};"
            f" end it: cs-cloud cancel {where}"
        )
        self._clients, self._jobs, self._name = clients, clients.jobs(region), name
        self._show, self._with_log, self._tail = show, with_log, tail
        self._job: CustomJob | None = None
        self._shown: CustomJob | None = None  # as it was when its state was shown
        self._log: LogReader | None = None

    def look(self) -> Seen:
        """Show what is new; the end is for `finish` to show."""
        with explained(f"reading job {self.id}"):
            self._job = self._jobs.get_custom_job(name=self._name, retry=None, timeout=TIMEOUT)
        state = state_of(self._job)
        changed = self._shown is None or state_of(self._shown) != state
        if changed and state not in ENDED:
            self._show(_change(self._shown, self._job))
            self._shown = self._job
        if state in ENDED:
            return Seen.END  # the rest of the log is left to `finish`, which it cannot fail
        logged = self._show_log(self._job)
        return Seen.NEWS if changed or logged else Seen.NOTHING

    def finish(self, sleep: Callable[[float], None]) -> CustomJob:
        """Show what the log still brings, and then the end."""
        assert self._job is not None
        for _ in range(_LAST_READS if self._with_log else 0):
            sleep(SHORTEST_PAUSE)
            try:
                self._show_log(self._job)
            except CloudError as error:
                self._show(str(error))
        self._show(_change(self._shown, self._job))
        return self._job

    def _show_log(self, job: CustomJob) -> bool:
        if not self._with_log:
            return False
        shown = 0
        try:
            with explained("reading the log"):
                for line in self._lines(job):
                    self._show(format_line(line, with_replica=has_replicas(job)))
                    shown += 1
        except CloudError as error:
            if may_pass(error):
                raise
            self._show(f"{error}; from here on, only the states of the job are shown")
            self._with_log = False
        return shown > 0

    def _lines(self, job: CustomJob) -> Iterable[LogLine]:
        if self._log is not None:
            return self._log.new_lines()
        log = job_log(self._clients, job)
        lines = log.new_lines() if self._tail is None else log.last_lines(self._tail)
        self._log = log
        return lines


def _change(before: CustomJob | None, now: CustomJob) -> str:
    """Return a line such as `12:03:10 PENDING → RUNNING after 2m05s; it queued for 3m05s`."""
    text = f"{now.update_time.astimezone():%H:%M:%S} "
    if before is None:
        return text + state_of(now)
    text += f"{state_of(before)} → {state_of(now)}"
    text += f" after {format_duration(now.update_time - before.update_time)}"
    if state_of(now) == "RUNNING" and now.start_time and not before.start_time:
        return f"{text}; it queued for {format_duration(now.start_time - now.create_time)}"
    if state_of(before) == "RUNNING" and state_of(now) in ("QUEUED", "PENDING"):
        return f"{text}: it lost its machine, and starts over on another"
    return text
