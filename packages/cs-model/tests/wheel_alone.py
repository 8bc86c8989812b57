"""Proves that the wheel alone can make, save, load and ask a model."""

from __future__ import annotations

import tempfile

import cs_model

tickets = ["The server is down for everybody", "Thanks, no hurry at all"]

with tempfile.TemporaryDirectory() as folder:
    cs_model.Classifier.from_scratch(tickets * 20, labels=["low", "high"]).save(folder)
    predictions = list(cs_model.Classifier.load(folder).predict(tickets))

assert [prediction.label in {"low", "high"} for prediction in predictions] == [True, True]
assert all(0 < prediction.probability <= 1 for prediction in predictions)
print(f"cs-model: a model saved, loaded and asked in {cs_model.__file__}")
