from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from cs_train import fetching
from cs_train.config.arguments import configurations
from cs_train.splits import fetch_splits


def fetch(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "cs_train.fetching", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_what_training_learns_from_is_prepared_and_nothing_is_trained(tmp_path, sample_csv):
    custom = ("dataset=custom", f"dataset.path={sample_csv}")
    done = fetch(tmp_path, *custom, "dataset.near_duplicates=0.9", "seed=7")
    again = fetch(tmp_path, "-m", *custom, "dataset.near_duplicates=0.9,0.8", "training=baseline")

    assert (done.returncode, again.returncode) == (0, 0), done.stderr + again.stderr
    assert len(list((tmp_path / "data" / "prepared").iterdir())) == 2
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--frobnicate"], "cs-train: unrecognized arguments: --frobnicate; "),
        (["dataset=smal"], "cs-train: dataset=smal: there is no such dataset; did you mean small?"),
        (["dataset=small"], "cs-train: data set 'small' is not here: "),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, arguments, told):
    done = fetch(tmp_path, *arguments)

    assert done.returncode == 2
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


@pytest.fixture
def priorities_csv(tmp_path, monkeypatch):
    """Write an export with these priorities; give the arguments to learn from it."""
    monkeypatch.chdir(tmp_path)

    def write(priorities):
        rows = [f"s,ticket {n:b} of {n:o},{value}\n" for n, value in enumerate(priorities)]
        (tmp_path / "export.csv").write_text("subject,body,priority\n" + "".join(rows))
        return ["dataset=custom", "dataset.path=export.csv", "dataset.near_duplicates=0"]

    return write


def test_every_priority_of_a_help_desk_is_learned(priorities_csv):
    arguments = priorities_csv(["Low", "Medium", "High", "Urgent"] * 10)
    [config] = configurations(arguments)

    assert fetch_splits(config.dataset).manifest.labels == ("High", "Low", "Medium", "Urgent")


def test_values_that_are_no_labels_are_named_in_the_log(priorities_csv, caplog):
    [config] = configurations(priorities_csv(["low", "high"] * 20 + ["P1"]))
    with caplog.at_level(logging.INFO, logger="cs_train"):
        fetch_splits(config.dataset)

    assert "data: values that are no labels (unknown_label): 'P1' 1" in caplog.messages


def test_too_many_values_that_are_no_labels_end_with_exit_code_2_and_what_to_do(
    priorities_csv, tmp_path, monkeypatch, capsys
):
    arguments = priorities_csv(["low", "high"] * 10 + ["P1", "P2"])
    monkeypatch.setattr(sys, "argv", ["fetching", *arguments])

    assert fetching.main() == 2
    error = capsys.readouterr().err
    assert "the values of 2 of 22 rows (9.1%) are no labels" in error
    assert "'P1' 1, 'P2' 1" in error
    assert "'dataset.labels={VALUE:LABEL,…}'" in error
    assert error.count("\n") == 1
    assert not list((tmp_path / "data" / "prepared").glob("*"))

    monkeypatch.setattr(sys, "argv", ["fetching", *arguments, "dataset.labels={low:low,high:high}"])
    assert fetching.main() == 0


def test_help_fetches_nothing(tmp_path):
    assert fetch(tmp_path, "--help").returncode == 0
    assert list(tmp_path.iterdir()) == []
