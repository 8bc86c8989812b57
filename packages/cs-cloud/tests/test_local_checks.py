from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cs_cloud.checks.result import Check
from cs_cloud.local.checks import check_this_machine


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts programs onto a PATH that holds nothing else, each a line of shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name: str, line: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)

    return install


def checks() -> dict[str, Check]:
    return {check.name: check for check in check_this_machine()}


def test_a_bare_machine_fails_nothing(install, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "cs_train.config", None)

    made = checks()

    assert {name: check.outcome for name, check in made.items()} == {
        "git": "not checked",
        "gcloud": "not checked",
        "container engine": "not checked",
        "cs-train": "not checked",
    }
    assert made["git"].fix == "https://git-scm.com/downloads"
    assert made["cs-train"].fix == "pip install 'cs-cloud[train]'"


def test_what_is_here_is_reported(install):
    install("git", "echo git version 2.39.5")
    install("gcloud", "exit 1")  # and is not run
    install("docker", "echo 28.2.2")
    install("buildah", "echo buildah version 1.28.2")

    made = checks()

    assert made["git"] == Check("git", "ok", "2.39.5")
    assert made["gcloud"].outcome == "ok"
    assert made["container engine"].detail == "docker (28.2.2), buildah (buildah version 1.28.2)"


def test_a_client_without_its_engine_is_none(install):
    install("docker", "echo Cannot connect to the Docker daemon >&2; exit 1")

    engine = checks()["container engine"]

    assert engine.outcome == "not checked"
    assert engine.detail.startswith("docker is here, but its engine does not answer")
