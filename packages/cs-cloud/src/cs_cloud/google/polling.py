"""Asks again and again until something has ended, through outages, and politely."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto

from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import is_transient

# Cloud Logging takes 60 reads a minute from a whole project, whoever makes them.
SHORTEST_PAUSE = 2.0
_LONGEST_PAUSE, _LONGEST_PAUSE_IN_TROUBLE = 10.0, 60.0
_GIVE_UP_AFTER = 900.0  # seconds without an answer


class StillRunningError(CloudError):
    """The time to wait is over, and what was waited for goes on."""


class Seen(Enum):
    """What one look has brought."""

    NOTHING = auto()
    NEWS = auto()
    END = auto()


def poll(
    look: Callable[[], Seen],
    *,
    name: str,
    what_now: str,
    show: Callable[[str], None],
    deadline: timedelta | None,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> None:
    """Look until the end is seen.

    Args:
        look: asks once, and raises CloudError from what went wrong.
        name: of what is looked at.
        what_now: that it goes on, and how to come back to it: shown to whoever interrupts.
        show: is told of troubles.
        deadline: how long to go on; None for as long as it takes.
        sleep: waits for so many seconds.
        monotonic: tells the seconds that have passed.

    Raises:
        StillRunningError: the deadline has passed.
        CloudError: what `look` raised, if it will not pass or lasts a quarter of an hour.
    """
    began = answered = monotonic()
    pause = SHORTEST_PAUSE
    try:
        while True:
            try:
                seen = look()
            except CloudError as error:
                if not may_pass(error):
                    raise
                if monotonic() - answered > _GIVE_UP_AFTER:
                    raise CloudError(f"{error}; {what_now}") from error
                pause = min(pause * 2, _LONGEST_PAUSE_IN_TROUBLE)
                show(f"{error}; asking again in {pause:.0f}s")
            else:
                if seen is Seen.END:
                    return
                answered = monotonic()
                busy = seen is Seen.NEWS
                pause = SHORTEST_PAUSE if busy else min(pause * 1.5, _LONGEST_PAUSE)
            if deadline is not None:
                left = deadline.total_seconds() - (monotonic() - began)
                if left <= 0:
                    raise StillRunningError(
                        f"{name} has not ended within {format_duration(deadline)}; {what_now}"
                    )
                pause = min(pause, left)
            sleep(pause)
    except KeyboardInterrupt:
        show(what_now)
        raise


def may_pass(error: CloudError) -> bool:
    """Tell whether what a line explains may have passed when it is tried again."""
    return error.__cause__ is not None and is_transient(error.__cause__)
