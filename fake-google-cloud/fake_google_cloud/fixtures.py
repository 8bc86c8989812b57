"""Fixtures of pytest for whoever has a fixture `cloud`: import them in a conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from fake_google_cloud.cloud import FakeCloud


@pytest.fixture
def connect(cloud: FakeCloud) -> Iterator[Callable[[Any], Any]]:
    """Give a function that makes an official client of a class that speaks to the fake cloud."""
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials

    options = ClientOptions(api_endpoint=cloud.url)
    with ExitStack() as opened:

        def make(client_class: Any) -> Any:  # noqa: ANN401  clients have no common base
            credentials = AnonymousCredentials()
            client = client_class(transport="rest", client_options=options, credentials=credentials)
            opened.callback(client.transport.close)
            return client

        yield make
