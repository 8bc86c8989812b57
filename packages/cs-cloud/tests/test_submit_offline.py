from __future__ import annotations

import json
import time
from socket import socket
from threading import Event

import pytest
import yaml

from cs_cloud.checks.run_checks import preflight
from cs_cloud.cli import main
from cs_cloud.google.clients import ENDPOINT
from fake_google_cloud import FakeCloud


@pytest.fixture(autouse=True)
def deployment(settings, a_job, tmp_path, monkeypatch):
    """A repository with the target `gpu`, on a machine without credentials."""
    (tmp_path / ".gcp" / "config_gpu.yaml").write_text(a_job)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    for name in (ENDPOINT, "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed_port():
    with socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield closed.getsockname()[1]


@pytest.fixture
def dry_run(capsys):
    """Run `cs-cloud submit gpu best --dry-run`; give the job, and the lines for people."""

    def run(*words: str) -> tuple[dict, list[str]]:
        status = main(["submit", "gpu", "best", "--dry-run", *words])
        printed = capsys.readouterr()
        assert status == 0, printed.err
        return yaml.safe_load(printed.out), printed.err.splitlines()

    return run


def assert_is_planned(job: dict, lines: list[str]) -> None:
    text = "\n".join(lines)
    [pool] = job["jobSpec"]["workerPoolSpecs"]
    assert pool["containerSpec"]["imageUri"].endswith("/images/train:latest")
    assert pool["containerSpec"]["args"] == ["experiment=best", "seed=7"]
    assert "CS_IMAGE" not in [one["name"] for one in pool["containerSpec"]["env"]]
    assert "submission" not in job["labels"]
    assert job["jobSpec"]["baseOutputDirectory"]["outputUriPrefix"].endswith("-NOT-KNOWN/")
    assert "not known: whether it is there, its digest, its age and its commit" in text
    assert "quota T4GPUs, service account" in text
    assert "seed=7 instead of 42" in text
    assert "USD an hour" in text
    assert len(lines) == len(set(lines))


def test_without_credentials_a_dry_run_shows_what_is_known(dry_run):
    job, lines = dry_run("seed=7")

    assert_is_planned(job, lines)
    assert [line for line in lines if "no credentials" in line] == lines[:1]
    assert lines[1].strip() == "gcloud auth application-default login"


def test_without_a_network_a_dry_run_shows_what_is_known(
    dry_run, closed_port, tmp_path, monkeypatch
):
    path = tmp_path / "key.json"
    secret = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
    address = f"http://127.0.0.1:{closed_port}/token"
    path.write_text(json.dumps({"type": "authorized_user", "token_uri": address, **secret}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    job, lines = dry_run("seed=7")

    assert_is_planned(job, lines)
    assert "cannot be reached" in lines[0]


def test_a_cloud_that_does_not_answer_is_reported_once(dry_run, closed_port, monkeypatch):
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{closed_port}")
    monkeypatch.setitem(preflight.__kwdefaults__, "deadline", 0.3)
    job, lines = dry_run("seed=7")

    assert_is_planned(job, lines)
    assert len([line for line in lines if line.startswith("--")]) == 1


def test_a_search_for_credentials_that_hangs_is_waited_for_so_long(dry_run, monkeypatch):
    found = Event()
    monkeypatch.setattr("google.auth.default", lambda scopes: found.wait(60) and (None, None))
    monkeypatch.setitem(preflight.__kwdefaults__, "deadline", 0.3)
    started = time.monotonic()
    try:
        job, lines = dry_run("seed=7")
    finally:
        found.set()

    assert_is_planned(job, lines)
    assert "no answer within 0.3 s" in lines[0]
    assert time.monotonic() - started < 30


def test_what_is_wrong_is_found_without_the_cloud_too(capsys):
    assert main(["submit", "gpu", "bets", "--dry-run"]) == 2
    assert "did you mean best?" in capsys.readouterr().err


def test_without_credentials_nothing_is_submitted(capsys):
    assert main(["submit", "gpu", "best", "--yes"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("cs-cloud: no credentials")


def test_with_the_cloud_a_dry_run_still_ends_with_what_fails(
    settings, monkeypatch, capsys, tmp_path
):
    with FakeCloud.ready(settings) as cloud:
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        status = main(["submit", "gpu", "best", "--dry-run"])

    assert status == 2
    assert "image" in capsys.readouterr().err
