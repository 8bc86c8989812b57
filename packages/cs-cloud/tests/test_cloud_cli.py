from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cs_cloud import CloudError, cli

Write = Callable[..., Path]


def test_settings_are_shown_with_where_each_comes_from(
    write_settings: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    path = write_settings()
    monkeypatch.setenv("CS_WANDB_ENTITY", "me")

    status = cli.main(["settings", "--data-bucket", "gs://elsewhere"])

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert rows == [
        ["setting", "value", "from"],
        ["project", "my-project-1", f"{path}:1"],
        ["region", "europe-west1", f"{path}:2"],
        ["registry", "images", f"{path}:3"],
        ["data_bucket", "gs://elsewhere", "--data-bucket"],
        ["output_bucket", "gs://models/jobs/", f"{path}:5"],
        ["service_account", "trainer@my-project-1.iam.gserviceaccount.com", f"{path}:6"],
        ["wandb_entity", "me", "CS_WANDB_ENTITY"],
        ["wandb_project", "support", f"{path}:8"],
        ["wandb_secret", "WANDB_API_KEY", f"{path}:9"],
        ["fallback_regions", "default"],
    ]


def test_another_file_can_be_named(
    write_settings: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    elsewhere = write_settings().rename(tmp_path / "other.yaml")

    assert cli.main(["settings", "--settings", str(elsewhere)]) == 0
    assert f"{elsewhere}:1" in capsys.readouterr().out


def test_a_fault_of_the_settings_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]):
    status = cli.main(["settings", "--region", "here"])

    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.startswith("cs-cloud: --region: `region` is 'here', but must be a region")
    assert err.count("\n") == 1


def test_the_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CS_TRACEBACK", "1")

    with pytest.raises(CloudError):
        cli.main(["settings"])


def test_interrupting_exits_130(monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_given, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("cs_cloud.commands.settings.resolve_settings", interrupt)

    assert cli.main(["settings"]) == 130


def test_a_flag_cannot_be_abbreviated(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        cli.main(["settings", "--data", "gs://x"])

    assert caught.value.code == 2
    assert "--data" in capsys.readouterr().err


def test_the_installed_command_answers():
    command = Path(sys.executable).with_name("cs-cloud")

    done = subprocess.run([command, "settings", "--help"], check=True, stdout=subprocess.PIPE)

    assert "--settings FILE" in done.stdout.decode()
