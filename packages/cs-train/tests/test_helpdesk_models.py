"""Exports of help desks, each trained on as its refusals suggest, and then asked about."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest
from cs_data_tests.helpdesks import make_export
from cs_data_tests.helpdesks.export import Export
from cs_train_tests.commands import SMALL, Ended, cs_train

from cs_data.reading import ExportTable
from cs_model.cli import main as cs_model

# One of each format and of each kind of label: CSV, repeated columns, UTF-16, Windows-1252 behind
# a line `sep=;`, title lines, .xlsx below a title, JSON, .jsonl, .gz, .zip and Parquet.
TRAINED = (
    "zendesk",
    "zendesk_incremental",
    "jira",
    "freshdesk",
    "servicenow",
    "german_excel",
    "power_bi",
    "manageengine",
    "otrs_queues",
    "github",
    "pandas_lines",
    "archive",
    "bigquery",
)
ONE_EPOCH = "training.num_epochs=1"


@dataclass(frozen=True)
class Trained:
    """An export and the run that learned from it."""

    export: Export
    path: Path
    ended: Ended

    @property
    def model(self) -> Path:
        """Return the folder of the model."""
        assert self.ended.code == 0, self.ended.err
        [model] = self.path.parent.glob("outputs/*/*/model")
        return model


@pytest.fixture(scope="module", params=TRAINED)
def trained(request, tmp_path_factory) -> Trained:
    export = make_export(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    path = folder / export.file
    path.write_bytes(export.content)
    ended = cs_train(folder, export.file, *export.steps[-1], *SMALL, ONE_EPOCH)
    return Trained(export, path, ended)


def test_a_model_learns_the_labels_and_answers_every_row_of_the_same_file(trained, tmp_path):
    export, output = trained.export, tmp_path / "answers.csv"
    labels = tuple(export.values.labels)
    options = dict(zip(export.steps[-1][::2], export.steps[-1][1::2], strict=True))
    texts = options.get("--text-columns", "subject,body").split(",")
    columns = ExportTable(trained.path, [texts]).columns

    assert cs_model(["predict", str(trained.model), str(trained.path), "-o", str(output)]) == 0

    with output.open(encoding="utf-8", newline="") as file:
        header, *answers = list(csv.reader(file))
    probabilities = [f"probability_{label}" for label in labels]
    assert header == [*columns, "predicted_label", "predicted_probability", *probabilities]
    assert len(answers) == export.rows  # those without a label too: that is what is asked for
    first = len(columns)
    assert {answer[first] for answer in answers} <= set(labels)
    for answer in answers:
        assert sum(map(float, answer[first + 2 :])) == pytest.approx(1, abs=1e-4)
        assert float(answer[first + 1]) == max(map(float, answer[first + 2 :]))
