from __future__ import annotations

import sys

import pytest

from cs_data.cli import main


@pytest.fixture
def blocked(monkeypatch):
    """Make libraries impossible to import, as if they were not installed."""

    def block(*libraries):
        for name in list(sys.modules):
            if name.partition(".")[0] in libraries or name.startswith("cs_data.reports."):
                monkeypatch.delitem(sys.modules, name)
        for name in libraries:
            monkeypatch.setitem(sys.modules, name, None)

    return block


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Work in a folder with a DVC remote and a version that is not here."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    remote = gcs\n")
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "small.csv.dvc").write_text("outs:\n- {md5: ab, size: 1, path: small.csv}\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("library", ["dvc", "filelock", "yaml"])
def test_pull_without_dvc_names_the_extra_that_brings_it(blocked, capsys, library):
    blocked(library)

    assert main(["pull", "small"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("cs-data: ")
    assert line.endswith("pip install 'cs-data[dvc]'")


@pytest.mark.usefixtures("project")
def test_publish_without_dvc_names_the_extra_before_it_reads_the_export(blocked, capsys):
    blocked("dvc")

    assert main(["publish", "small", "no-such-file.csv"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("cs-data: cs-data publish needs DVC (")
    assert line.endswith("pip install 'cs-data[dvc]'")


def test_download_without_the_hub_names_the_extra_that_brings_it(blocked, capsys):
    blocked("huggingface_hub")

    assert main(["download", "small", "--accept-licence"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("cs-data: cs-data download needs huggingface_hub (")
    assert line.endswith("pip install 'cs-data[hub]'")


@pytest.mark.parametrize("command", [["inspect"], ["diff", "tickets.csv"]])
def test_a_picture_without_matplotlib_names_the_extra_that_brings_it(
    blocked, tickets_csv, tmp_path, capsys, command
):
    blocked("matplotlib")
    picture = tmp_path / "picture.png"

    assert main([*command, str(tickets_csv()), "--plot", str(picture)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("cs-data: --plot needs Matplotlib (")
    assert line.endswith("pip install 'cs-data[plots]'")


def test_prepare_inspect_and_diff_need_no_extra(blocked, tickets_csv, tmp_path, capsys):
    blocked("dvc", "filelock", "yaml", "huggingface_hub", "matplotlib", "scipy", "gcsfs", "aiohttp")
    export, prepared = str(tickets_csv()), str(tmp_path / "prepared")

    assert main(["prepare", export, "-o", prepared]) == 0
    assert main(["inspect", prepared]) == 0
    assert main(["diff", prepared, export]) == 0
    assert main(["sample", str(tmp_path / "sample.csv"), "--rows", "30"]) == 0
    assert capsys.readouterr().err == ""
