"""Tickets, small models and a bucket, made once, for the tests of this package."""

from __future__ import annotations

import json
from http.server import ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

from cs_data import make_sample
from cs_model import Classifier, ScratchSize
from cs_train.labelled_texts import LabelledTexts, label_texts

LABELS = ("low", "high")


@pytest.fixture(scope="session")
def small_size() -> ScratchSize:
    return ScratchSize(num_layers=1, hidden_size=16, num_heads=2, vocab_size=300, max_length=32)


@pytest.fixture(scope="session")
def texts_and_labels() -> tuple[list[str], list[str]]:
    """Texts of many lengths whose label is whether they hold the word down."""
    texts = [
        f"ticket number {i} " + "please " * (i % 13) + ("down" if i % 3 == 0 else "fine")
        for i in range(120)
    ]
    return texts, ["high" if text.endswith("down") else "low" for text in texts]


@pytest.fixture
def classifier(small_size, texts_and_labels) -> Classifier:
    import torch

    torch.manual_seed(0)
    return Classifier.from_scratch(
        texts_and_labels[0],
        labels=LABELS,
        size=small_size,
        accelerator="cpu",
        precision="fp32",
    )


@pytest.fixture
def tickets(classifier, texts_and_labels) -> LabelledTexts:
    return label_texts(classifier, *texts_and_labels)


@pytest.fixture(scope="session")
def sample_csv(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("raw") / "tickets.csv"
    make_sample(path, rows=240)
    with path.open("a", encoding="utf-8") as file:
        file.write('Printer,"It is broken and the export was cut')
    return path


class _StorageHandler(RequestHandler):
    """The storage emulator, except that uploads are refused or damaged where a test asks for it."""

    def __init__(self, *args):
        super().__init__(args[2].storage, *args)

    def do_POST(self):  # noqa: N802 - the name that http.server calls
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        faults = self.server.faults
        fault = faults.pop(0) if faults else self.server.fault
        if isinstance(fault, int):
            answer = json.dumps({"error": {"code": fault, "message": "planted"}}).encode()
            self.send_response(fault)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            return
        connection, self.rfile = self.rfile, BytesIO(fault(body) if fault else body)
        super().do_POST()
        self.rfile = connection


class StorageServer(ThreadingHTTPServer):
    """Cloud Storage on a local port, with the bucket `models`.

    Each upload meets the first of `faults`, or else `fault`: None, a status to refuse it with, or a
    function that makes another body of the same length.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _StorageHandler)
        self.storage = Storage(use_memory_fs=True)
        create_bucket("models", self.storage)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.clear()

    def clear(self):
        self.storage.wipe(keep_buckets=True)
        self.faults, self.fault = [], None

    @property
    def names(self) -> list[str]:
        """Of all objects, in the order in which they were first written."""
        return list(self.storage.objects.get("models", {}))

    def read(self, name: str) -> bytes:
        return self.storage.get_file("models", name)


@pytest.fixture(scope="session")
def _storage_server():
    with StorageServer() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def storage(_storage_server, monkeypatch) -> StorageServer:
    """Give Cloud Storage on a local port, with an empty bucket `models`."""
    _storage_server.clear()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", _storage_server.url)
    return _storage_server


@pytest.fixture
def finished_run(tmp_path, classifier) -> Path:
    """Write what a run leaves behind, with a model that can be loaded."""
    run = tmp_path / "run"
    classifier.save(run / "model", card="# A card")
    (run / ".hydra").mkdir()
    for name in (".hydra/config.yaml", "history.jsonl", "metrics.json", "report.html", "train.log"):
        (run / name).write_text(f"of {name}")
    (run / "wandb").mkdir()
    (run / "wandb" / "run.wandb").write_text("stays")
    return run
