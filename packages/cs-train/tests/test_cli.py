"""The command: sweeps, errors on the way, folders, jobs and interrupts."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from cs_train_tests.commands import SMALL, cs_train, cs_train_process

from cs_model import Classifier
from cs_train.config import compose

CUSTOM = ("dataset=custom", "dataset.path=tickets.csv")


@pytest.mark.slow
def test_a_sweep_makes_one_folder_for_each_combination(tmp_path, sample_csv):
    ended = cs_train(
        tmp_path,
        "-m",
        "dataset=custom",
        f"dataset.path={sample_csv}",
        "seed=1,2",
        *SMALL,
        "training.num_epochs=1",
    )
    assert ended.code == 0, ended.err
    models = sorted((tmp_path / "outputs").glob("*/*-sweep/*/model/model.safetensors"))
    assert [path.parts[-3] for path in models] == ["0", "1"]

    assert "run 0 (1 of 2): seed=1\n" in ended.err
    assert "run 1 (2 of 2): seed=2\n" in ended.err
    sweep = models[0].parents[2]
    with (sweep / "sweep.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    validation = [
        json.loads((sweep / name / "metrics.json").read_text())["validation"] for name in "01"
    ]
    assert [(row["run"], row["seed"], row["error"]) for row in rows] == [
        ("0", "1", ""),
        ("1", "2", ""),
    ]
    assert [float(row["macro_f1"]) for row in rows] == [one["macro_f1"] for one in validation]
    best = max(rows, key=lambda row: float(row["macro_f1"]))
    assert [row["best"] for row in rows] == ["best" if row is best else "" for row in rows]
    table = ended.out[ended.out.index("validation scores of the sweep") :]
    for row in rows:
        shown = " ".join(f"{float(row[name]):.3f}" for name in ("macro_f1", "accuracy", "loss"))
        line = f"{row['run']} {row['seed']} {shown} {row['best']}".strip()
        assert line in [" ".join(each.split()) for each in table.splitlines()]
    assert f"best:  {Path(best['folder']).relative_to(tmp_path) / 'model'}\n" in table

    compared = cs_train(tmp_path, "compare", sweep / "0", sweep / "1")
    lines = [" ".join(line.split()) for line in compared.out.splitlines()]
    assert (compared.code, compared.err) == (0, "")
    assert "seed 1 2" in lines
    assert "data: the same tickets in the same splits, of tickets.csv" in lines
    figures = " ".join(f"{one['macro_f1']:.3f}" for one in validation)
    assert f"validation macro-F1 {figures}" in lines


@pytest.mark.slow
def test_a_file_of_ones_own_is_learned_from_with_flags_that_need_no_second_quoting(
    tmp_path, sample_csv
):
    text = sample_csv.read_text(encoding="utf-8")
    columns, _, rows = text.partition("\n")
    columns = columns.replace("priority", "Dringlichkeit (Text)").replace("subject", "Betreff")
    (tmp_path / "Übersicht 1.csv").write_text(f"{columns}\n{rows}", encoding="utf-8")
    flags = ("--label-column", "Dringlichkeit (Text)", "--text-columns", "Betreff,body")
    labels = ("--label", "low=gering", "--label", "medium=gering", "--label", "high=erhöht::1")
    ended = cs_train(tmp_path, "Übersicht 1.csv", *flags, *labels, *SMALL)
    assert ended.code == 0, ended.err
    [run] = (tmp_path / "outputs").glob("*/*")
    classifier = Classifier.load(run / "model")
    assert classifier.labels == ("gering", "erhöht::1")
    assert classifier.text_columns == ("Betreff", "body")
    assert "<h1>Übersicht 1.csv: Dringlichkeit (Text)</h1>" in (run / "report.html").read_text(
        encoding="utf-8"
    )

    kept = yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text(encoding="utf-8"))
    again = compose(kept).dataset
    assert (again.path, again.label_column) == ("Übersicht 1.csv", "Dringlichkeit (Text)")
    assert again.labels == {"low": "gering", "medium": "gering", "high": "erhöht::1"}


@pytest.mark.slow
def test_a_sweep_goes_on_after_a_run_that_comes_to_nothing(tmp_path, sample_csv):
    ended = cs_train(
        tmp_path,
        "-m",
        "dataset=custom",
        f"dataset.path=nowhere.csv,{sample_csv}",
        *SMALL,
        "training.num_epochs=1",
    )
    assert ended.code == 2
    assert re.search(r"cs-train: run 0 \(.*dataset.path=nowhere.csv.*\): ", ended.err)
    [model] = (tmp_path / "outputs").glob("*/*-sweep/*/model/model.safetensors")
    assert model.parts[-3] == "1"
    assert "run 0 failed: nowhere.csv: there is no such file\n" in ended.out
    assert re.search(r"0 +nowhere\.csv +failed", ended.out)
    assert "nowhere.csv,,,,,,nowhere.csv: there is" in (model.parents[2] / "sweep.csv").read_text()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["dataset=custom", "dataset.path=nowhere.csv"], "nowhere.csv"),
        (["dataset=full"], "data/raw/full.csv"),
        (["dataset=small"], "data set 'small' is not here: "),
        ([*CUSTOM, "model.name=./nowhere"], "there is no model folder ./nowhere"),
        ([*CUSTOM, "accelerator=gpu"], "finds none"),
        (["dataset.label_column=urgency"], "urgency"),
    ],
)
def test_what_is_found_wrong_on_the_way_is_one_line(tmp_path, sample_csv, overrides, message):
    shutil.copy(sample_csv, tmp_path / "tickets.csv")
    ended = cs_train(tmp_path, *overrides, "wandb.mode=disabled", CUDA_VISIBLE_DEVICES="")
    last = ended.err.rstrip().splitlines()[-1]
    assert (ended.code, ended.out) == (2, "")
    assert last.startswith("cs-train: ")
    assert message in last
    assert "Traceback" not in ended.err
    assert not list(tmp_path.glob("outputs/*"))


def test_a_run_that_comes_to_nothing_takes_only_its_own_files_away(tmp_path):
    (tmp_path / "outputs" / "mine").mkdir(parents=True)
    wrong = ("dataset=custom", "dataset.path=nowhere.csv")
    assert cs_train(tmp_path, *wrong, "hydra.run.dir=outputs/mine").code == 2
    assert list(tmp_path.rglob("*")) == [tmp_path / "outputs", tmp_path / "outputs" / "mine"]


@pytest.mark.parametrize("name", ["notes.txt", "train.log", "report.html"])
def test_a_folder_that_holds_something_is_refused_and_stays_as_it_is(tmp_path, name):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / name).write_text("keep")
    ended = cs_train(tmp_path, *SMALL, "hydra.run.dir=mine")
    message = f"cs-train: {folder} holds '{name}': name a new folder with hydra.run.dir\n"
    assert (ended.code, ended.err) == (2, message)
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_text() == "keep"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_sweep_into_a_folder_in_use_is_advised_of_the_key_of_sweeps(tmp_path):
    (tmp_path / "mine" / "0").mkdir(parents=True)
    (tmp_path / "mine" / "0" / "train.log").write_text("keep")
    ended = cs_train(tmp_path, "-m", "seed=1", *SMALL, "hydra.sweep.dir=mine")
    assert ended.code == 2
    assert ended.err == "cs-train: mine holds '0': name a new folder with hydra.sweep.dir\n"
    assert (tmp_path / "mine" / "0" / "train.log").read_text() == "keep"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["0"]


def test_two_runs_do_not_share_a_folder(tmp_path, finished_run):
    before = {path: path.read_bytes() for path in finished_run.rglob("*") if path.is_file()}
    ended = cs_train(tmp_path, f"hydra.run.dir={finished_run}", *SMALL)
    assert ended.code == 2
    assert "is another run's folder" in ended.err
    assert before == {path: path.read_bytes() for path in finished_run.rglob("*") if path.is_file()}


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
        ended = cs_train_process(tmp_path, *own, *wandb, **environment)
    assert ended.code == 0, ended.err
    assert "copy:    gs://models/job/model\n" in ended.out
    before = ended.err.partition("W&B does not answer")[0]
    assert "model: uploading to gs://models/job/model" in before
    assert storage.names[-1] == "job/model/config.json"
    [outputs] = (tmp_path / "outputs").glob("*/*")
    for name in ("model/model.safetensors", "report.html", ".hydra/overrides.yaml"):
        assert storage.read(f"job/{name}") == (outputs / name).read_bytes()
    assert not [name for name in storage.names if b"0123456789" in storage.read(name)]


def test_a_model_that_cannot_be_uploaded_stays_where_it_is(tmp_path, sample_csv, storage):
    storage.faults = [None]  # the trial before the training
    storage.fault = 403
    own = ("dataset=custom", f"dataset.path={sample_csv}", *SMALL, "training.num_epochs=1")
    ended = cs_train(tmp_path, *own, AIP_MODEL_DIR="gs://models/job/model/")
    [model] = (tmp_path / "outputs").glob("*/*/model")
    last = ended.err.rstrip().splitlines()[-1]
    assert ended.code == 2
    assert last.startswith("cs-train: gs://models/job/model/")
    assert last.endswith(f"on the bucket gs://models; the model stays in {model}")
    assert "Traceback" not in ended.err
    assert "macro-F1" in ended.out
    assert "copy:" not in ended.out
    assert Classifier.load(model).text_columns == ("subject", "body")


def test_an_output_folder_that_refuses_is_reported_before_anything_is_trained(tmp_path, storage):
    storage.fault = 403
    ended = cs_train(tmp_path, *SMALL, AIP_MODEL_DIR="gs://models/job/model")
    [line] = ended.err.splitlines()
    assert (ended.code, ended.out) == (2, "")
    assert line.startswith("cs-train: gs://models/job/model/")
    assert "give their account the role Storage Object User" in line
    assert not (tmp_path / "data").exists()


def test_a_sweep_is_refused_where_the_output_folder_holds_one_model(tmp_path):
    ended = cs_train(tmp_path, "-m", "seed=1,2", *SMALL, AIP_MODEL_DIR=str(tmp_path / "model"))
    [line] = ended.err.splitlines()
    assert (ended.code, ended.out) == (2, "")
    assert "can hold one model, and -m trains several" in line
    assert not (tmp_path / "model").exists()


def heed_interrupts():
    """Undo what a shell does to what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_an_interrupt_ends_a_run_with_130_and_no_half_written_model(tmp_path, sample_csv):
    endless = (*SMALL, "training.num_epochs=100000", "training.patience=null")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cs_train",
            "dataset=custom",
            f"dataset.path={sample_csv}",
            *endless,
        ],
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
