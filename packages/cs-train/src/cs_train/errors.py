"""The one exception type that this package raises for what a person can correct."""

from __future__ import annotations


class ConfigError(Exception):
    """A setting, an argument or a destination cannot be used; the message names what can."""
