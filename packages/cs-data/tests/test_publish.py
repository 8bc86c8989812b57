from __future__ import annotations

import re
import subprocess
from pathlib import Path
from socket import socket

import pytest

from cs_data import fetch
from cs_data.cli import main
from cs_data.tracked_file import TrackedFile

pytestmark = [
    pytest.mark.usefixtures("dvc_without_network"),
    pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning"),  # in DVC itself
]


@pytest.fixture
def dvc_without_network(monkeypatch):
    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")


@pytest.fixture
def project(checkout, tickets_csv, monkeypatch):
    """Make a folder whose data set `small` is published, and stand in it."""
    raw = checkout("small", tickets_csv().read_bytes())
    root = raw.parents[2]
    monkeypatch.chdir(root)
    return root


def state(root: Path) -> dict[str, bytes]:
    raw = root / "data" / "raw"
    return {path.name: path.read_bytes() for path in raw.iterdir() if path.suffix != ".lock"}


@pytest.mark.parametrize("git", [False, True])
def test_a_published_export_comes_back_byte_for_byte(
    project, storage, tickets_csv, tmp_path, capsys, git
):
    if git:
        config = project / ".dvc" / "config"
        config.write_text(config.read_text().replace("    no_scm = true\n", ""))
        subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    older = fetch("small").tracked
    export = tickets_csv("new,new,low,en\n", name="export.csv")
    assert main(["publish", "small", str(export)]) == 0
    printed = capsys.readouterr().out
    tracked = TrackedFile.beside(Path("data/raw/small.csv"))

    assert tracked.generation not in (None, older.generation)
    assert f"gs://tickets/data/raw/small.csv#{tracked.generation}: 61 usable" in printed
    assert "git add data/raw/small.csv.dvc" in printed
    elsewhere = tmp_path / "elsewhere"
    for name in (".dvc/config", "data/raw/small.csv.dvc"):
        copy = elsewhere / name
        copy.parent.mkdir(parents=True)
        copy.write_bytes((project / name).read_bytes())
    splits = fetch("small", data_dir=elsewhere / "data")
    assert (elsewhere / "data" / "raw" / "small.csv").read_bytes() == export.read_bytes()
    assert splits.manifest.rows == 61

    requests = len(storage.requests)
    assert main(["publish", "small"]) == 0
    assert "nothing was done" in capsys.readouterr().out
    assert len(storage.requests) == requests


def test_a_file_with_too_many_unusable_rows_is_refused(project, tickets_csv, capsys):
    fetch("small")
    before = state(project)
    export = tickets_csv(",,low,en\n" * 6, name="export.csv")
    assert main(["publish", "small", str(export)]) == 2
    assert "9.1% of its rows cannot be used (empty_text 6), and 5.0%" in capsys.readouterr().err
    assert state(project) == before

    assert main(["publish", "small", str(export), "--max-rejected", "0.1"]) == 0


def test_unknown_labels_count_among_the_unusable_rows_of_a_new_version(
    project, tickets_csv, capsys
):
    export = tickets_csv("".join(f"a,odd {n},Q{n},en\n" for n in range(6)), name="export.csv")
    assert main(["publish", "small", str(export)]) == 2
    assert (
        "the values of 6 of 66 rows (9.1%) are no labels, and 5.0% is allowed"
        in capsys.readouterr().err
    )

    assert main(["publish", "small", str(export), "--max-rejected", "0.1"]) == 0


def test_rows_that_a_missing_quote_swallowed_count_as_unusable(project, tickets_csv, capsys):
    export = tickets_csv('a,"b,low,en\n' + "c,d,low,en\n" * 57, name="export.csv")
    assert main(["publish", "small", str(export)]) == 2
    printed = capsys.readouterr().err

    assert "48.8% of its rows cannot be used (cut_off 1, with 57 lines behind them)" in printed


def test_a_push_that_fails_leaves_everything_as_it_was(project, tickets_csv, capsys):
    fetch("small")
    export = tickets_csv("new,new,low,en\n", name="export.csv")
    config = project / ".dvc" / "config"
    config.write_text(config.read_text().replace("gs://tickets/", "gs://nobody/"))
    before = state(project)
    assert main(["publish", "small", str(export)]) == 2
    [line] = capsys.readouterr().err.splitlines()

    assert line.startswith("cs-data: data/raw/small.csv was not pushed to gs://nobody")
    assert "there is no bucket gs://nobody" in line
    assert state(project) == before
    assert fetch("small").manifest.rows == 60


@pytest.mark.usefixtures("no_backoff")
def test_a_remote_that_does_not_answer_is_reported_before_anything_changes(
    project, tickets_csv, capsys
):
    fetch("small")
    export = tickets_csv("new,new,low,en\n", name="export.csv")
    with socket() as closed:
        closed.bind(("127.0.0.1", 0))
        config = project / ".dvc" / "config"
        endpoint = f"endpointurl = http://127.0.0.1:{closed.getsockname()[1]}"
        config.write_text(re.sub("endpointurl = .*", endpoint, config.read_text()))
        before = state(project)
        assert main(["publish", "small", str(export)]) == 2
    retry, line = capsys.readouterr().err.splitlines()  # of ten

    assert retry.endswith("; trying again")
    assert line.startswith("cs-data: gs://tickets/ cannot be reached (ClientConnectorError")
    assert state(project) == before


def test_a_raw_file_that_is_kept_nowhere_else_is_not_replaced(project, tickets_csv, capsys):
    raw = Path("data/raw/small.csv")
    raw.write_bytes(tickets_csv("mine,mine,low,en\n", name="mine.csv").read_bytes())
    mine = raw.read_bytes()
    export = tickets_csv("new,new,low,en\n", name="export.csv")
    assert main(["publish", "small", str(export)]) == 2
    assert "is kept nowhere else and would be replaced" in capsys.readouterr().err
    assert raw.read_bytes() == mine

    assert main(["publish", "small"]) == 0  # what lies there becomes the version
    assert fetch("small").manifest.rows == 61


def test_a_share_that_is_none_is_reported(project, capsys):
    assert main(["publish", "small", "--max-rejected", "5"]) == 2
    assert "max_rejected must be a share from 0 to 1, got 5.0" in capsys.readouterr().err
