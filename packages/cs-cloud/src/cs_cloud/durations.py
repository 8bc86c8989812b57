"""Times, and spans of time as people write and read them: 45s, 2m05s, 1h30m."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cs_cloud.errors import CloudError

_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


def plain_time(stamp: datetime) -> datetime:
    """Return a plain datetime: an API's own has a repr and nanoseconds that nobody reads."""
    return datetime.fromtimestamp(stamp.timestamp(), UTC)


def format_duration(duration: timedelta) -> str:
    """Return a span in its two largest units, such as `2m05s`."""
    seconds = max(round(duration.total_seconds()), 0)
    for large, small in ("dh", "hm", "ms"):
        if seconds >= _SECONDS[large]:
            whole, rest = divmod(seconds, _SECONDS[large])
            return f"{whole}{large}{rest // _SECONDS[small]:02}{small}"
    return f"{seconds}s"


def parse_duration(text: str) -> timedelta:
    """Read a span such as 90s, 30m, 2h or 1h30m.

    Raises:
        CloudError: it is none.
    """
    if not re.fullmatch(r"(?:\d{1,6}[dhms])+", text):
        raise CloudError(f"{text!r} is not a duration: write one such as 90s, 30m, 2h or 1h30m")
    parts = re.findall(r"(\d+)([dhms])", text)
    return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))
