"""The one exception type that this package raises for what a person can mend."""


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key, its value and what would do."""
