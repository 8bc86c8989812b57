"""Tickets, small models and a bucket, made once, for the tests of this package."""

from __future__ import annotations

from pathlib import Path

import pytest

from cs_data import make_sample
from cs_model import Classifier, SmallEncoderSize
from cs_train.splits import LabelledTexts, label_texts
from fake_google_cloud.storage import StorageServer

LABELS = ("low", "high")


@pytest.fixture(scope="session")
def small_size() -> SmallEncoderSize:
    return SmallEncoderSize(
        num_layers=1, hidden_size=16, num_heads=2, vocab_size=300, max_length=32
    )


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


@pytest.fixture(scope="session")
def _storage_server():
    with StorageServer("models", faulty="storage.objects.insert") as server:
        yield server


@pytest.fixture
def storage(_storage_server, monkeypatch) -> StorageServer:
    """Give Cloud Storage on a local port, with an empty bucket `models`: uploads have faults."""
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
