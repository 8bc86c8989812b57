"""Comparing finished runs: configuration, data and scores, from what they left behind."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from cs_train_tests.commands import cs_train
from cs_train_tests.results import make_result
from omegaconf import OmegaConf

from cs_train.config import TrainingConfig

DATA = {
    "raw file": "tickets.csv",
    "md5 of the raw file": "a" * 32,
    "SHA-256 of the manifest": "b" * 64,
    "tickets": "train: 80, validation: 10, test: 10",
    "label": "priority",
}


@pytest.fixture
def finish(tmp_path):
    """Write what a finished run leaves behind; what is given is its own."""

    def write(name, data=(), labels=("low", "medium", "high"), **training) -> Path:
        folder = tmp_path / name
        (folder / ".hydra").mkdir(parents=True)
        result = make_result(folder, labels=labels, facts={"Data": {**DATA, **dict(data)}})
        config = dataclasses.replace(result.config, training=TrainingConfig(**training))
        OmegaConf.save(OmegaConf.structured(config), folder / ".hydra" / "config.yaml")
        (folder / "metrics.json").write_text(json.dumps(result.to_dict()), encoding="utf-8")
        return folder

    return write


def compare(folder, *runs):
    ended = cs_train(folder, "compare", *runs)
    return ended, [" ".join(line.split()) for line in ended.out.splitlines()]


def test_what_differs_and_the_scores_stand_side_by_side(finish, tmp_path):
    a, b = finish("a", batch_size=16), finish("b", batch_size=32, learning_rate=0.001)
    (b / "model").mkdir()
    scores = make_result(tmp_path).test.scores
    ended, lines = compare(tmp_path, a, b / "model")

    assert (ended.code, ended.err) == (0, "")
    assert lines[:2] == ["A: a", "B: b"]
    assert {"training.batch_size 16 32", "training.learning_rate 0.0001 0.001"} <= set(lines)
    assert not [line for line in lines if line.startswith(("seed", "training.num_epochs"))]
    assert "data: the same tickets in the same splits, of tickets.csv" in lines
    for name, value in {
        "validation macro-F1": scores.macro_f1,
        "test accuracy": scores.accuracy,
        "test F1 of high": scores.classes[2].f1,
    }.items():
        assert f"{name} {value:.3f} {value:.3f}" in lines
    assert "95% intervals of the test accuracy: A 0." in ended.out


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            {"md5 of the raw file": "c" * 32, "SHA-256 of the manifest": "d" * 64},
            "data: different files: the scores are not comparable",
        ),
        (
            {"SHA-256 of the manifest": "d" * 64},
            "data: other splits of tickets.csv: the scores are not comparable",
        ),
    ],
)
def test_scores_on_different_tickets_are_said_not_to_be_comparable(finish, tmp_path, data, reason):
    ended, lines = compare(tmp_path, finish("a"), finish("b", data, labels=("x", "y", "low")))
    assert ended.code == 0
    assert any(line.startswith(reason) for line in lines)
    assert "configuration: the same" in lines
    assert any(line.startswith("test F1 of low 0.") for line in lines)


def test_a_run_that_did_not_save_its_validation_scores_is_compared_by_the_others(finish, tmp_path):
    a, b = finish("a"), finish("b")
    figures = json.loads((a / "metrics.json").read_text())
    del figures["validation"]
    (a / "metrics.json").write_text(json.dumps(figures))
    ended, lines = compare(tmp_path, a, b)
    assert ended.code == 0
    assert any(line.startswith("validation macro-F1 0.") for line in lines)


@pytest.mark.parametrize("text", ["", "{}", '{"test": 3}', "[]", "\ud800"])
def test_a_folder_that_cannot_be_read_is_one_line(finish, tmp_path, text):
    a, b = finish("a"), finish("b")
    (b / "metrics.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    ended, _ = compare(tmp_path, a, b)
    [line] = ended.err.splitlines()
    assert (ended.code, ended.out) == (2, "")
    assert line.startswith(f"cs-train: {b} is no finished run that can be read (")


def test_the_folder_of_a_sweep_names_its_runs(finish, tmp_path):
    finish("sweep/0")
    finish("sweep/1")
    ended, _ = compare(tmp_path, tmp_path / "sweep", tmp_path / "sweep" / "0")
    assert ended.code == 2
    assert "is no finished run, for it has no metrics.json: it holds the runs 0, 1\n" in ended.err
