"""A fake Cloud Storage: its JSON API, alone or as a part of the fake cloud."""

from __future__ import annotations

from fake_google_cloud.storage.objects import Storage
from fake_google_cloud.storage.server import StorageServer

__all__ = ["Storage", "StorageServer"]
