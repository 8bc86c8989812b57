"""The one exception for what a person can put right."""


class CloudError(Exception):
    """What was wrong, where, and what to do about it, in one line."""
