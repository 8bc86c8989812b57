from __future__ import annotations

import csv
import html
import json
import re
import shlex
import shutil

import pytest
import yaml
from cs_train_tests.commands import SHORT, SMALL, cs_train_process
from cs_train_tests.results import make_result
from omegaconf import OmegaConf
from rich.console import Console

from cs_data import make_sample
from cs_model import Classifier
from cs_model.cli import main as cs_model
from cs_train.config import compose
from cs_train.outputs.model_card import model_card
from cs_train.splits import fetch_splits
from cs_train.training_run import run


def in_process(folder, *overrides, base=SMALL):
    """Run without the command, which takes seconds to start."""
    folder.mkdir(exist_ok=True)
    config = compose([*base, *overrides])
    run(config, fetch_splits(config.dataset), folder, Console(stderr=True))
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, sample_csv):
    """One complete run by the command, on a file of the user's own."""
    folder = tmp_path_factory.mktemp("complete")
    ended = cs_train_process(
        folder, "dataset=custom", f"dataset.path={sample_csv}", *SMALL, "wandb.mode=offline"
    )
    assert ended.code == 0, ended.err
    [outputs] = (folder / "outputs").glob("*/*")
    return outputs, ended.out, ended.err


@pytest.mark.slow
def test_a_run_leaves_what_the_readme_promises(finished):
    outputs, _, _ = finished
    assert {path.name for path in outputs.iterdir()} == {
        ".hydra",
        "history.jsonl",
        "metrics.json",
        "model",
        "report.html",
        "train.log",
        "wandb",
    }


def test_a_run_ends_with_scores_and_the_command_to_try(finished, monkeypatch, capsys):
    outputs, out, _ = finished
    assert "macro-F1" in out
    assert "majority guess" in out
    command = out.rstrip().splitlines()[-1].strip()
    folder = outputs.parent.parent.parent
    monkeypatch.chdir(folder)
    program, *arguments = shlex.split(command)
    assert shutil.which(program)
    assert cs_model(arguments) == 0
    label = re.search("which it labels (.*):$", out, re.MULTILINE)[1]
    assert re.search(rf"│ {label} +│", capsys.readouterr().out)
    report = (outputs / "report.html").read_text(encoding="utf-8")
    assert f"<code>{command}</code>" in html.unescape(report)


def test_the_history_has_a_line_for_every_step_and_epoch(finished):
    outputs, _, _ = finished
    points = [json.loads(line) for line in (outputs / "history.jsonl").read_text().splitlines()]
    steps = [point for point in points if point["kind"] == "step"]
    epochs = [point for point in points if point["kind"] == "epoch"]
    assert [point["step"] for point in steps] == list(range(1, len(steps) + 1))
    assert [point["epoch"] for point in epochs] == [1, 2]
    assert {"loss", "learning_rate", "gradient_norm", "tickets_per_second"} <= set(steps[0])


def test_the_configuration_and_the_overrides_are_kept(finished):
    outputs, _, _ = finished
    kept = {path.name: OmegaConf.load(path) for path in (outputs / ".hydra").iterdir()}
    assert set(kept) == {"config.yaml", "overrides.yaml", "hydra.yaml"}
    assert kept["config.yaml"].training.num_epochs == 2
    assert "training.num_epochs=2" in kept["overrides.yaml"]


def test_metrics_card_and_log_say_which_data_was_used(finished):
    outputs, _, err = finished
    metrics = json.loads((outputs / "metrics.json").read_text(encoding="utf-8"))
    data = metrics["facts"]["Data"]
    assert len(data["md5 of the raw file"]) == 32
    assert data["generation of the raw file"] == "not from a bucket"
    assert len(data["SHA-256 of the manifest"]) == 64
    card = (outputs / "model" / "README.md").read_text(encoding="utf-8")
    report = (outputs / "report.html").read_text(encoding="utf-8")
    for text in (card, report):
        assert data["md5 of the raw file"] in text
    assert "tickets.csv" in err
    assert re.search(r"cut_off: 1 \(line \d+\)", err)
    assert "INFO cs_train" in (outputs / "train.log").read_text(encoding="utf-8")


def test_the_reported_scores_are_those_of_the_saved_model(finished):
    outputs, _, _ = finished
    metrics = json.loads((outputs / "metrics.json").read_text(encoding="utf-8"))
    classifier = Classifier.load(outputs / "model", accelerator="cpu")
    import pyarrow.parquet as pq

    [test] = (outputs.parent.parent.parent / "data" / "prepared").glob("*/test.parquet")
    table = pq.read_table(test)
    predicted = [one.label for one in classifier.predict(table["text"].to_pylist())]
    right = sum(
        one == true for one, true in zip(predicted, table["label"].to_pylist(), strict=True)
    )
    assert metrics["test"]["accuracy"] == pytest.approx(right / len(predicted))
    assert metrics["test"]["rows"] == len(predicted)
    assert classifier.text_columns == ("subject", "body")


def test_the_same_seed_gives_the_same_model(tmp_path, sample_csv, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = ("dataset=custom", f"dataset.path={sample_csv}", "training.deterministic=true")
    first, second = (in_process(tmp_path / name, *own) for name in ("first", "second"))
    assert first["test"] == second["test"]
    weights = [(tmp_path / n / "model/model.safetensors").read_bytes() for n in ("first", "second")]
    assert weights[0] == weights[1]
    other = in_process(tmp_path / "other", *own, "seed=7")
    assert other["test"]["loss"] != first["test"]["loss"]


def test_runners_up_are_kept_on_demand(tmp_path, sample_csv, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = ("dataset=custom", f"dataset.path={sample_csv}", "dataset.text_columns=[body]")
    in_process(tmp_path / "run", *own, "training.keep_best=2")
    kept = sorted((tmp_path / "run" / "best_models").iterdir())
    assert [path.name for path in kept] == ["epoch-001", "epoch-002"]
    assert [Classifier.load(path).text_columns for path in kept] == [("body",)] * 2


def test_a_report_that_cannot_be_drawn_takes_no_model_along(
    tmp_path, sample_csv, monkeypatch, caplog
):
    def fail(*_):
        raise RuntimeError("no such font")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cs_train.training_run.write_report", fail)
    in_process(tmp_path / "run", "dataset=custom", f"dataset.path={sample_csv}")
    assert Classifier.load(tmp_path / "run" / "model").labels == ("low", "medium", "high")
    assert "report.html cannot be drawn" in caplog.text


def test_a_card_takes_whatever_a_column_of_languages_holds(tmp_path):
    result = make_result(tmp_path, languages=("${x", "no", "a: b"), name="${y", facts={})
    card = model_card(result)
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["language"] == ["no"]  # the one that is a code, and a truth value in YAML


def test_a_model_of_made_up_tickets_says_so_everywhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    make_sample(tmp_path / "data" / "raw" / "sample.csv", rows=240)
    in_process(tmp_path / "run")
    card = (tmp_path / "run" / "model" / "README.md").read_text(encoding="utf-8")
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    for text in (capsys.readouterr().out, card, report):
        assert "made up by a program" in text
        assert "not for real use" in text


def test_a_model_of_real_tickets_says_nothing_of_the_kind(finished):
    outputs, out, _ = finished
    card = (outputs / "model" / "README.md").read_text(encoding="utf-8")
    report = (outputs / "report.html").read_text(encoding="utf-8")
    assert not any("made up" in text for text in (out, card, report))


def test_a_run_in_a_job_names_its_image_and_commits(tmp_path, sample_csv, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digest = f"europe-west1-docker.pkg.dev/p/images/train-cpu@sha256:{'a' * 64}"
    monkeypatch.setenv("CS_IMAGE", digest)
    monkeypatch.setenv("CS_COMMIT", "b" * 40)
    monkeypatch.setenv("CS_SUBMITTED_FROM", "c" * 40)
    own = ("dataset=custom", f"dataset.path={sample_csv}", "training.num_epochs=1")
    versions = in_process(tmp_path / "run", *own)["facts"]["Versions"]

    assert versions["image"] == digest
    assert versions["git commit"] == "b" * 40
    assert versions["submitted from commit"] == "c" * 40
    assert digest in (tmp_path / "run" / "model" / "README.md").read_text(encoding="utf-8")


def test_another_column_can_be_learned(tmp_path, sample_csv, monkeypatch):
    monkeypatch.chdir(tmp_path)
    metrics = in_process(
        tmp_path / "run",
        "dataset=custom",
        f"dataset.path={sample_csv}",
        "dataset.label_column=type",
    )
    with sample_csv.open(encoding="utf-8", newline="") as file:
        types = {row["type"] for row in csv.DictReader(file) if row["type"]}
    assert Classifier.load(tmp_path / "run" / "model").label_column == "type"
    assert {one["label"] for one in metrics["test"]["classes"]} == types


def test_a_pretrained_encoder_can_be_fine_tuned(
    tmp_path, sample_csv, finished, monkeypatch, caplog
):
    monkeypatch.chdir(tmp_path)
    outputs, _, _ = finished
    metrics = in_process(
        tmp_path / "run",
        "dataset=custom",
        f"dataset.path={sample_csv}",
        f"model.name={outputs / 'model'}",
        "training.warmup_steps=1000",
        base=SHORT,
    )
    assert metrics["facts"]["Model"]["encoder"] == str(outputs / "model")
    assert "would forget what it has learned" in caplog.text
    assert "never reaches training.learning_rate" in caplog.text
