"""Exports, checkouts and Cloud Storage for the tests of cs-data."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from cs_data_tests.tickets import unlike_texts

import cs_data.remote  # noqa: F401 - before gcsfs, which reads a setting when it is imported
from fake_google_cloud.storage import StorageServer


@pytest.fixture
def write_csv(tmp_path):
    """Write a CSV file: text as UTF-8, or bytes as they are."""

    def write(content: str | bytes, name: str = "tickets.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def tickets_csv(write_csv):
    """Write 60 good tickets, 20 for each priority, on lines 2 to 61; more text may follow."""

    def write(more: str = "", name: str = "tickets.csv") -> Path:
        rows = [
            f"s,{text},{('low', 'medium', 'high')[at % 3]},{('en', 'de')[at % 2]}\n"
            for at, text in enumerate(unlike_texts(60))
        ]
        return write_csv("subject,body,priority,language\n" + "".join(rows) + more, name)

    return write


@pytest.fixture(scope="session")
def real_tickets() -> Path:
    """Return the folder of real tickets, if there is one."""
    folder = os.environ.get("CS_TICKETS")
    if not folder:
        pytest.skip("CS_TICKETS names no folder of real tickets")
    return Path(folder)


@pytest.fixture(scope="session")
def _storage_server():
    with StorageServer("tickets") as server:
        yield server


@pytest.fixture
def storage(_storage_server):
    """Return Cloud Storage on a local port with an empty bucket `tickets`; downloads can fail."""
    _storage_server.clear()
    return _storage_server


@pytest.fixture
def checkout(storage, tmp_path):
    """Make a folder with `.dvc/config`, but without git, and track raw files in it."""
    root = tmp_path / "checkout"
    (root / "data" / "raw").mkdir(parents=True)
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text(
        "[core]\n    remote = gcs\n    no_scm = true\n    analytics = false\n"
        "['remote \"gcs\"']\n    url = gs://tickets/\n    version_aware = true\n"
        f"    endpointurl = {storage.url}\n    allow_anonymous_login = true\n"
    )

    def track(name: str, content: bytes, generation: str | None = None) -> Path:
        """Upload a raw file and write its `.dvc` file; return where it belongs."""
        stored = storage.put(f"data/raw/{name}.csv", content)
        raw = root / "data" / "raw" / f"{name}.csv"
        raw.with_name(f"{name}.csv.dvc").write_text(
            f"outs:\n- md5: {hashlib.md5(content, usedforsecurity=False).hexdigest()}\n"
            f"  size: {len(content)}\n  hash: md5\n  path: {name}.csv\n"
            f"  cloud:\n    gcs:\n      version_id: '{generation or stored}'\n"
        )
        return raw

    return track


@pytest.fixture
def no_backoff(monkeypatch):
    """Let gcsfs send requests again at once, which otherwise waits up to half a minute."""

    async def at_once(_):
        pass

    monkeypatch.setattr("gcsfs.retry.asyncio", SimpleNamespace(sleep=at_once))
