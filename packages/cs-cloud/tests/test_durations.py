from __future__ import annotations

from datetime import timedelta

import pytest

from cs_cloud import CloudError
from cs_cloud.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (45, "45s"),
        (59.7, "1m00s"),
        (125, "2m05s"),
        (3600, "1h00m"),
        (90_061, "1d01h"),
        (-3, "0s"),
    ],
)
def test_a_span_is_written_in_its_two_largest_units(seconds, text):
    assert format_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1d", 86400)]
)
def test_a_span_is_read(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-1h", "2hours", "1h 30m", "1.5h"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(CloudError, match="is not a duration: write one such as 90s"):
        parse_duration(text)
