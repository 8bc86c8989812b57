"""Fixtures that are functions, since test files cannot import from each other here."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import struct
import time
from collections import Counter
from http.server import ThreadingHTTPServer
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import Request, urlopen

import pytest
from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

import cs_data.remote  # noqa: F401 - before gcsfs, which reads a setting when it is imported

VOCABULARY = [a + b + c for a in "bdfglm" for b in "aeiou" for c in ("st", "rn", "ck", "mp")]


def _unlike_texts(count: int, seed: int = 0, words: int = 12) -> list[str]:
    draw = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    return [" ".join(draw.choices(VOCABULARY, k=words)) for _ in range(count)]


@pytest.fixture(scope="session")
def unlike_texts():
    """Make texts of which no two are nearly the same."""
    return _unlike_texts


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
            for at, text in enumerate(_unlike_texts(60))
        ]
        return write_csv("subject,body,priority,language\n" + "".join(rows) + more, name)

    return write


@pytest.fixture
def rejected():
    """Give the rejected rows of prepared splits."""

    def read(splits):
        lines = (splits.folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture
def tickets():
    """Give the tickets of all splits as dicts."""

    def read(splits):
        return [row for name in splits.manifest.splits for row in splits.read(name).to_pylist()]

    return read


@pytest.fixture
def contents():
    """Give the bytes of every file in a folder."""

    def read(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    return read


@pytest.fixture(scope="session")
def real_tickets() -> Path:
    """Give the folder of real tickets, if there is one."""
    folder = os.environ.get("CS_TICKETS")
    if not folder:
        pytest.skip("CS_TICKETS names no folder of real tickets")
    return Path(folder)


class _StorageHandler(RequestHandler):
    """The storage emulator, except that objects are downloaded by generation, and with faults."""

    def __init__(self, *args):
        super().__init__(args[2].storage, *args)

    def do_GET(self):  # noqa: N802 - the name that http.server calls
        url = urlsplit(self.path)
        query = {key: value for key, [value] in parse_qs(url.query).items()}
        found = re.search(r"/b/([^/]+)/o/([^/]+)$", url.path)
        if not found:
            super().do_GET()
            return
        bucket, name = map(unquote, found.groups())
        self.server.requests.append(name)
        versions = self.server.versions.setdefault((bucket, name), {})
        latest = self.storage.objects.get(bucket, {}).get(name)
        if latest:
            versions.setdefault(latest["generation"], self.storage.get_file(bucket, name))
        wanted = query.get("generation", latest and latest["generation"])
        if wanted not in versions:
            self.refuse(404)
        elif query.get("alt") == "media":
            self.send_object(versions[wanted])
        else:
            super().do_GET()

    def send_object(self, content):
        faults = self.server.faults
        fault = faults.pop(0) if faults else self.server.fault
        if isinstance(fault, int):
            self.refuse(fault)
            return
        if callable(fault):
            content = fault(content)
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        content = content[int(first) : int(last or len(content)) + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault == "reset":
            self.wfile.write(content[: len(content) // 2])
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        elif fault == "slow":
            for at in range(0, len(content), len(content) // 20):
                self.wfile.write(content[at : at + len(content) // 20])
                time.sleep(0.2)
        else:
            self.wfile.write(content)
        self.server.sent[unquote(urlsplit(self.path).path.rpartition("/")[2])] += len(content)

    def refuse(self, status):
        message = {401: "Anonymous caller does not have storage.objects.get access"}.get(status)
        body = json.dumps({"error": {"code": status, "message": message or "planted"}}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class StorageServer(ThreadingHTTPServer):
    """Cloud Storage on a local port, with the bucket `tickets`.

    What is downloaded has the fault `fault`, or first those in `faults`: a status, "reset", "slow",
    or a function that makes other bytes.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _StorageHandler)
        self.storage = Storage(use_memory_fs=True)
        create_bucket("tickets", self.storage)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.clear()

    def clear(self):
        self.storage.wipe(keep_buckets=True)
        self.requests, self.versions, self.faults, self.fault = [], {}, [], None
        self.sent = Counter()

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is none

    def put(self, name: str, content: bytes) -> str:
        """Upload an object; return its generation."""
        where = f"{self.url}/upload/storage/v1/b/tickets/o?uploadType=media&name={name}"
        headers = {"Content-Type": "text/csv"}
        with urlopen(Request(where, content, headers), timeout=30) as answer:  # noqa: S310
            generation = json.load(answer)["generation"]
        self.versions.setdefault(("tickets", name), {})[generation] = content
        return str(generation)


@pytest.fixture(scope="session")
def _storage_server():
    with StorageServer() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def storage(_storage_server):
    """Give Cloud Storage on a local port, with an empty bucket `tickets`."""
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
