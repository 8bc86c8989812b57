"""The one exception type that this package raises for what a person can mend."""

from __future__ import annotations


class ConfigError(Exception):
    """What a run is told to use, or to write to, cannot be; the message says what would do."""
