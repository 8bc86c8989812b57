"""Follows a build to its end: its states, and what it logs, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from google.cloud.devtools.cloudbuild_v1.types import Build

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import TIMEOUT, explained
from cs_cloud.google.clients import Clients
from cs_cloud.google.polling import SHORTEST_PAUSE, Seen, may_pass, poll
from cs_cloud.images.builds import ENDED, state_of
from cs_cloud.images.logs import BuildLog


def follow_build(
    clients: Clients,
    build: Build,
    *,
    show: Callable[[str], None],
    deadline: timedelta | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Build:
    """Follow a build until it has ended, as `cs_cloud.jobs.following.follow` follows a job.

    Returns:
        The build as it ended.

    Raises:
        StillRunningError: the deadline has passed.
        CloudError: the build cannot be read, or there was no answer for a quarter of an hour.
    """
    log, shown = _ShownLog(clients, build, show), ""

    def look() -> Seen:
        nonlocal build, shown
        with explained(f"reading build {build.id}"):
            build = clients.builds.get_build(
                request={"name": build.name}, retry=None, timeout=TIMEOUT
            )
        news = state_of(build) != shown
        if news and state_of(build) not in ENDED:
            shown = state_of(build)
            show(f"build {build.id} is {shown}")
        if state_of(build) in ENDED:
            return Seen.END  # the rest of the log is left to what can fail nothing any more
        news |= log.show_new()
        return Seen.NEWS if news else Seen.NOTHING

    poll(
        look,
        name=f"build {build.id}",
        what_now=f"build {build.id} goes on; watch it: cs-cloud builds log -f {build.id}",
        show=show,
        deadline=deadline,
        sleep=sleep,
        monotonic=monotonic,
    )
    sleep(SHORTEST_PAUSE)  # the log's end is written last
    log.show_rest()
    show(f"build {build.id} is {state_of(build)}")
    return build


class _ShownLog:
    """What of a build's log has been shown; nothing more of it once it cannot be read."""

    def __init__(self, clients: Clients, build: Build, show: Callable[[str], None]) -> None:
        self._show, self._doing = show, f"reading the log of build {build.id}"
        self._log: BuildLog | None = None
        try:
            self._log = BuildLog(clients, build)
        except CloudError as error:
            self._give_up(error)

    def show_new(self) -> bool:
        """Show the lines that have come since; raise CloudError from what may pass."""
        if self._log is None:
            return False
        news = False
        try:
            with explained(self._doing):
                for line in self._log.new_lines():
                    self._show(line)
                    news = True
        except CloudError as error:
            if may_pass(error):
                raise
            self._give_up(error)
        return news

    def show_rest(self) -> None:
        """Show what is left when the build has ended, whose end counts more than that."""
        try:
            for line in self._log.all_lines() if self._log else ():
                self._show(line)
        except CloudError as error:
            self._show(str(error))

    def _give_up(self, error: CloudError) -> None:
        self._show(f"{error}; from here on, only the states of the build are shown")
        self._log = None
