"""Follows a build to its end: its states, and what it logs, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from google.cloud.devtools.cloudbuild_v1.types import Build

from cs_cloud.building.builds import ENDED, state_of
from cs_cloud.building.logs import BuildLog
from cs_cloud.services.api_errors import TIMEOUT, explained
from cs_cloud.services.clients import Clients
from cs_cloud.services.polling import SHORTEST_PAUSE, Seen, poll


def follow_build(
    clients: Clients,
    build: Build,
    *,
    show: Callable[[str], None],
    deadline: timedelta | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Build:
    """Follow a build until it has ended, as `cs_cloud.watching.following.follow` follows a job.

    Returns:
        The build as it ended.

    Raises:
        StillRunningError: the deadline has passed.
        CloudError: the build or its log cannot be read, or there was no answer for a quarter of an
            hour.
    """
    log, shown = BuildLog(clients, build), ""

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
        with explained(f"reading the log of build {build.id}"):
            for line in log.new_lines():
                show(line)
                news = True
        if state_of(build) in ENDED:
            return Seen.END
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
    for line in log.all_lines():
        show(line)
    show(f"build {build.id} is {state_of(build)}")
    return build
