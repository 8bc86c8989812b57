from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cs_cloud import Settings, cli
from fake_google_cloud import FakeCloud

ACCELERATOR = "      acceleratorType: NVIDIA_TESLA_T4\n      acceleratorCount: 1\n"


@pytest.fixture
def deployment(
    cloud: FakeCloud,
    settings: Settings,
    a_job: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The folder of the settings and of two job files that have most in common."""
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / ".gcp"
    gpu = a_job.replace("train:", "train-cu128:")
    (folder / "config_gpu.yaml").write_text(gpu)
    cpu = a_job.replace("train:", "train-cpu:").replace(ACCELERATOR, "")
    (folder / "config_cpu.yaml").write_text(cpu)
    return folder


def names(out: str, word: str) -> list[str]:
    """Names of the checks in whose line a word stands first."""
    return [line[8:40].strip() for line in out.splitlines() if line.startswith(f"{word} ")]


@pytest.mark.usefixtures("deployment")
def test_all_jobs_are_checked_and_what_they_have_in_common_once(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["doctor"]) == 0

    out = capsys.readouterr().out
    assert names(out, "FAILED") == []
    assert names(out, "ok")[:3] == [
        "settings",
        "job file config_cpu.yaml",
        "job file config_gpu.yaml",
    ]
    cloud_checks = names(out, "ok")[names(out, "ok").index("credentials") :]
    assert cloud_checks == [
        "credentials",
        "project my-project-1",
        "APIs",
        "creating jobs",
        "image train-cpu:latest",
        "image train-cu128:latest",
        "secret WANDB_API_KEY",
        "bucket tickets",
        "bucket models",
        "quota CPUs",
        "quota T4GPUs",
        "service account",
    ]
    methods = [request.method for request in cloud.requests]
    assert methods.count("GetSecretVersion") == methods.count("GetServiceAccount") == 1
    assert "\033" not in out


@pytest.mark.usefixtures("deployment")
def test_what_failed_has_its_fix_under_it_and_exits_2(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
):
    cloud.disable("cloudbuild.googleapis.com")

    assert cli.main(["doctor"]) == 2

    lines = capsys.readouterr().out.splitlines()
    [at] = [index for index, line in enumerate(lines) if line.startswith("FAILED")]
    assert lines[at].split() == ["FAILED", "APIs", "not", "enabled:", "cloudbuild.googleapis.com"]
    assert lines[at + 1] == (
        "        gcloud services enable cloudbuild.googleapis.com --project=my-project-1"
    )


@pytest.mark.usefixtures("deployment")
def test_only_the_named_target_is_checked(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["doctor", "cpu"]) == 0

    out = capsys.readouterr().out
    assert "config_cpu.yaml" in out
    assert "config_gpu.yaml" not in out
    assert "cu128" not in out


@pytest.mark.usefixtures("deployment")
def test_programs_get_a_list_of_objects(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["doctor", "--json", "gpu"]) == 0

    checks = json.loads(capsys.readouterr().out)
    assert checks[0] == {
        "name": "settings",
        "outcome": "ok",
        "detail": "project my-project-1, region europe-west1",
        "fix": "",
    }
    assert checks[-1]["name"] == "service account"


@pytest.mark.usefixtures("deployment")
def test_a_mistyped_target_is_one_line(cloud: FakeCloud, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["doctor", "cpux"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("cs-cloud: cpux: ")
    assert "did you mean cpu?" in err
    assert not cloud.requests


def test_a_faulty_job_file_is_reported_and_the_other_is_checked(
    deployment: Path, capsys: pytest.CaptureFixture[str]
):
    path = deployment / "config_gpu.yaml"
    path.write_text(path.read_text().replace("NVIDIA_TESLA_T4", "NVIDIA_TESLA_T5"))

    assert cli.main(["doctor"]) == 2

    out = capsys.readouterr().out
    assert names(out, "FAILED") == ["job file config_gpu.yaml"]
    assert "config_gpu.yaml:5: " in out
    assert "did you mean NVIDIA_TESLA_T4?" in out
    assert "image train-cpu:latest" in out


def test_without_settings_the_cloud_is_not_asked(
    deployment: Path, cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
):
    path = deployment / "settings.yaml"
    path.write_text(path.read_text().replace("region: europe-west1", "region: here"))

    assert cli.main(["doctor"]) == 2

    out = capsys.readouterr().out
    assert names(out, "FAILED") == ["settings"]
    assert f"{path}:2: `region` is 'here'" in out
    assert names(out, "--")[-1] == "the cloud"
    assert not cloud.requests


def test_a_deployment_without_a_job_file_is_a_failure(
    deployment: Path, capsys: pytest.CaptureFixture[str]
):
    for path in deployment.glob("config_*.yaml"):
        path.unlink()

    assert cli.main(["doctor"]) == 2

    out = capsys.readouterr().out
    assert names(out, "FAILED") == ["job files"]
    assert "bucket tickets" in names(out, "ok")


@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_gets_colours_unless_it_wants_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, colour: bool
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not colour:
        monkeypatch.setenv("NO_COLOR", "1")

    assert cli.main(["doctor", "--region", "here"]) == 2  # which ends before the cloud is asked

    out = capsys.readouterr().out
    assert ("\033[1;31mFAILED\033[0m  settings" in out) is colour
    assert ("\033" in out) is colour
