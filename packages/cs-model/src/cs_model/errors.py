"""The one exception type that this package raises for what a caller can mend."""


class ModelError(Exception):
    """A model, a label set or an input cannot be used; the message says which and what to do."""
