from __future__ import annotations

import subprocess
import sys

import pytest


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


def test_help_fetches_nothing(tmp_path):
    assert fetch(tmp_path, "--help").returncode == 0
    assert list(tmp_path.iterdir()) == []
