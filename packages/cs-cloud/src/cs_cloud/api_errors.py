"""Turns what Google's clients raise into one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.api_core.retry import Retry

from cs_cloud.errors import CloudError

RETRY = Retry(initial=0.5, maximum=4, timeout=20)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Say in one line what went wrong while something was done."""
    try:
        yield
    except (GoogleAPICallError, RetryError) as error:
        raise CloudError(f"{doing}: {error}") from error
