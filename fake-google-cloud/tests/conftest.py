"""A fake cloud that is ready for jobs."""

from __future__ import annotations

import pytest

from fake_google_cloud import Deployment, FakeCloud
from fake_google_cloud.fixtures import connect

__all__ = ["cloud", "connect"]


@pytest.fixture
def cloud():
    """Give a fake cloud with everything that a deployment needs."""
    with FakeCloud.ready(Deployment()) as running:
        yield running
