from __future__ import annotations

import csv
import html
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

import pytest
import yaml
from cs_train_tests.results import make_result
from omegaconf import OmegaConf
from rich.console import Console

from cs_data import make_sample
from cs_model import Classifier
from cs_train.config import compose
from cs_train.outputs.model_card import model_card
from cs_train.run import run
from cs_train.splits import fetch_splits

SHORT = (
    "model.max_length=48",
    "training.num_epochs=2",
    "wandb.mode=disabled",
    "accelerator=cpu",
)
SMALL = (
    *SHORT,
    "model.layers=1",
    "model.width=16",
    "model.heads=2",
    "model.vocabulary=300",
)


def call(folder, *arguments, environment=None):
    done = subprocess.run(
        [sys.executable, "-m", "cs_train", *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def in_process(folder, *overrides, base=SMALL):
    """Run without the command, which takes seconds to start."""
    folder.mkdir(exist_ok=True)
    config = compose([*base, *overrides])
    run(config, fetch_splits(config.dataset), folder, Console(stderr=True))
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, sample_csv):
    """One whole run by the command, on a file of the user's own."""
    folder = tmp_path_factory.mktemp("whole")
    code, out, err = call(
        folder, "dataset=custom", f"dataset.path={sample_csv}", *SMALL, "wandb.mode=offline"
    )
    assert code == 0, err
    [outputs] = (folder / "outputs").glob("*/*")
    return outputs, out, err


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


def test_a_run_ends_with_scores_and_the_command_to_try(finished):
    outputs, out, _ = finished
    assert "macro-F1" in out
    assert "majority guess" in out
    command = out.rstrip().splitlines()[-1].strip()
    folder = outputs.parent.parent.parent
    asked = subprocess.run(
        shlex.split(command), capture_output=True, text=True, cwd=folder, check=True
    )
    label = re.search("which it labels (.*):$", out, re.MULTILINE)[1]
    assert re.search(rf"│ {label} +│", asked.stdout)
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


def test_the_scores_told_are_those_of_the_saved_model(finished):
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
    monkeypatch.setattr("cs_train.run.write_report", fail)
    in_process(tmp_path / "run", "dataset=custom", f"dataset.path={sample_csv}")
    assert Classifier.load(tmp_path / "run" / "model").labels == ("low", "medium", "high")
    assert "report.html cannot be drawn" in caplog.text


def test_a_card_takes_whatever_a_column_of_languages_holds(tmp_path):
    result = make_result(tmp_path, languages=("${x", "no", "a: b"), name="${y", facts={})
    card = model_card(result)
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["language"] == ["${x", "a: b", "no"]


def test_a_model_of_made_up_tickets_says_so_wherever_it_is_told_of(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    make_sample(tmp_path / "data" / "raw" / "sample.csv", rows=240)
    in_process(tmp_path / "run")
    card = (tmp_path / "run" / "model" / "README.md").read_text(encoding="utf-8")
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    for told in (capsys.readouterr().out, card, report):
        assert "made up by a program" in told
        assert "not for real use" in told


def test_a_model_of_real_tickets_says_nothing_of_the_kind(finished):
    outputs, out, _ = finished
    card = (outputs / "model" / "README.md").read_text(encoding="utf-8")
    report = (outputs / "report.html").read_text(encoding="utf-8")
    assert not any("made up" in told for told in (out, card, report))


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


@pytest.mark.slow
def test_a_sweep_makes_one_folder_for_each_combination(tmp_path, sample_csv):
    code, _, err = call(
        tmp_path,
        "-m",
        "dataset=custom",
        f"dataset.path={sample_csv}",
        "seed=1,2",
        *SMALL,
        "training.num_epochs=1",
    )
    assert code == 0, err
    models = sorted((tmp_path / "outputs").glob("*/*-sweep/*/model/model.safetensors"))
    assert [path.parts[-3] for path in models] == ["0", "1"]


@pytest.mark.slow
def test_a_sweep_goes_on_after_a_run_that_comes_to_nothing(tmp_path, sample_csv):
    code, _, err = call(
        tmp_path,
        "-m",
        "dataset=custom",
        f"dataset.path=nowhere.csv,{sample_csv}",
        *SMALL,
        "training.num_epochs=1",
    )
    assert code == 2
    assert re.search(r"cs-train: run 0 \(.*dataset.path=nowhere.csv.*\): ", err)
    [model] = (tmp_path / "outputs").glob("*/*-sweep/*/model/model.safetensors")
    assert model.parts[-3] == "1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["dataset=custom", "dataset.path=nowhere.csv"], "nowhere.csv"),
        (["dataset=full"], "data/raw/full.csv"),
        (["model.name=./nowhere"], "there is no model folder ./nowhere"),
        (["accelerator=gpu"], "finds none"),
        (["dataset.label_column=urgency"], "urgency"),
    ],
)
def test_what_is_found_wrong_on_the_way_is_one_line(tmp_path, overrides, message):
    environment = {"CUDA_VISIBLE_DEVICES": ""}
    code, out, err = call(tmp_path, *overrides, "wandb.mode=disabled", environment=environment)
    last = err.rstrip().splitlines()[-1]
    assert (code, out) == (2, "")
    assert last.startswith("cs-train: ")
    assert message in last
    assert "Traceback" not in err
    assert not list(tmp_path.glob("outputs/*"))


@pytest.mark.slow
def test_a_run_that_comes_to_nothing_takes_only_its_own_files_away(tmp_path):
    (tmp_path / "outputs" / "mine").mkdir(parents=True)
    wrong = ("dataset=custom", "dataset.path=nowhere.csv")
    assert call(tmp_path, *wrong, "hydra.run.dir=outputs/mine")[0] == 2
    assert list(tmp_path.rglob("*")) == [tmp_path / "outputs", tmp_path / "outputs" / "mine"]

    (tmp_path / "outputs" / "mine" / "notes.txt").write_text("keep")
    assert call(tmp_path, *wrong, "hydra.run.dir=outputs/mine")[0] == 2
    kept = {path.name for path in (tmp_path / "outputs" / "mine").iterdir()}
    assert kept == {"notes.txt", ".hydra", "train.log"}


@pytest.mark.slow
def test_two_runs_do_not_share_a_folder(tmp_path, finished):
    outputs, _, _ = finished
    before = {path: path.read_bytes() for path in outputs.rglob("*") if path.is_file()}
    code, _, err = call(tmp_path, f"hydra.run.dir={outputs}", *SMALL)
    assert code == 2
    assert "is another run's folder" in err
    assert before == {path: path.read_bytes() for path in outputs.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_job_keeps_its_model_even_if_wandb_never_answers(tmp_path, sample_csv, storage):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {
            "AIP_MODEL_DIR": "gs://models/job/model/",
            "WANDB_API_KEY": "0123456789" * 4,
            "WANDB_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
        }
        own = ("dataset=custom", f"dataset.path={sample_csv}", *SMALL, "training.num_epochs=1")
        wandb = ("wandb.mode=online", "wandb.timeout=2")
        code, out, err = call(tmp_path, *own, *wandb, environment=environment)
    assert code == 0, err
    assert "copy:    gs://models/job/model\n" in out
    assert "model: uploading to gs://models/job/model" in err.partition("W&B does not answer")[0]
    assert storage.names[-1] == "job/model/config.json"
    [outputs] = (tmp_path / "outputs").glob("*/*")
    for name in ("model/model.safetensors", "report.html", ".hydra/overrides.yaml"):
        assert storage.read(f"job/{name}") == (outputs / name).read_bytes()
    assert not [name for name in storage.names if b"0123456789" in storage.read(name)]


@pytest.mark.slow
def test_a_model_that_cannot_be_brought_away_is_left_where_it_is(tmp_path, sample_csv, storage):
    storage.faults = [None]  # the trial before the training
    storage.fault = 403
    environment = {"AIP_MODEL_DIR": "gs://models/job/model/"}
    own = ("dataset=custom", f"dataset.path={sample_csv}", *SMALL, "training.num_epochs=1")
    code, out, err = call(tmp_path, *own, environment=environment)
    [model] = (tmp_path / "outputs").glob("*/*/model")
    last = err.rstrip().splitlines()[-1]
    assert code == 2
    assert last.startswith("cs-train: gs://models/job/model/")
    assert last.endswith(f"on the bucket gs://models; the model stays in {model}")
    assert "Traceback" not in err
    assert "macro-F1" in out
    assert "copy:" not in out
    assert Classifier.load(model).text_columns == ("subject", "body")


@pytest.mark.slow
def test_a_place_that_refuses_is_told_before_anything_is_trained(tmp_path, storage):
    storage.fault = 403
    code, out, err = call(tmp_path, *SMALL, environment={"AIP_MODEL_DIR": "gs://models/job/model"})
    [line] = err.splitlines()
    assert (code, out) == (2, "")
    assert line.startswith("cs-train: gs://models/job/model/")
    assert "give their account the role Storage Object User" in line
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_sweep_has_no_place_for_its_models(tmp_path):
    environment = {"AIP_MODEL_DIR": str(tmp_path / "model")}
    code, out, err = call(tmp_path, "-m", "seed=1,2", *SMALL, environment=environment)
    [line] = err.splitlines()
    assert (code, out) == (2, "")
    assert "can hold one model, and -m trains several" in line
    assert not (tmp_path / "model").exists()


def heed_interrupts():
    """Undo what a shell does to what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_an_interrupt_ends_a_run_with_130_and_no_half_written_model(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "cs_train", "wandb.mode=disabled", "training.num_epochs=500"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        # Without coverage, which can hang on a lock of its own when it is interrupted.
        env={name: v for name, v in os.environ.items() if not name.startswith("COVERAGE")},
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - no threads here
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("outputs/*/*/history.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("outputs/*/*/model"))
