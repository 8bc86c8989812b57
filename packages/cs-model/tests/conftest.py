"""Small classifiers, made once, for the tests of this package."""

from __future__ import annotations

from pathlib import Path

import pytest

from cs_model import Classifier, SmallEncoderSize

TEXTS = [
    "The server is down and nobody can work",
    "Please change my address when you find the time",
    "Erreur très grave 🚨 aucune solution",
    "Der Drucker im zweiten Stock druckt wieder",
    "Quero saber o preço da licença",
] * 20


@pytest.fixture(scope="session")
def small_size() -> SmallEncoderSize:
    return SmallEncoderSize(
        num_layers=1, hidden_size=16, num_heads=2, vocab_size=300, max_length=32
    )


@pytest.fixture(scope="session")
def classifier(small_size: SmallEncoderSize) -> Classifier:
    return Classifier.from_scratch(
        TEXTS, labels=["low", "medium", "high"], size=small_size, accelerator="cpu"
    )


@pytest.fixture(scope="session")
def model_folder(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "model"
    classifier.save(folder, card="# A card\n")
    return folder
