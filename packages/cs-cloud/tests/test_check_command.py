from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cs_cloud.cli import main

GCP = Path(__file__).parents[3] / ".gcp"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A copy of the repository's own files, and its folder the working folder."""
    shutil.copytree(GCP, tmp_path / "copy" / ".gcp")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def test_the_files_of_this_repository_have_no_fault(repository, capsys):
    assert main(["check"]) == 0
    assert "are as they should be" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("cloudbuild.yaml", "timeout:", "timeouts:", "there is no key timeouts"),
        ("cloudbuild.yaml", "E2_HIGHCPU_8", "E2_HIGHCPU_9", "options.machineType is E2_HIGHCPU_9"),
        ("cloudbuild.yaml", "_DOCKERFILE:", "_FILE:", "substitutions lacks _DOCKERFILE"),
        ("cloudbuild.yaml", ": g41-registry", ": images", "substitutions._REGISTRY is images"),
        ("cloudbuild.yaml", "- europe-west1-", "- us-east1-", "images[0] must begin with europe"),
        ("vertex_ai_train.yaml", "entrypoint: cs", "entryPoint: cs", "steps[0].entryPoint"),
        ("vertex_ai_train.yaml", "_REGION: europe-west1", "_REGION: us-east1", "_REGION is us-e"),
        ("trigger_test.yaml", "branch:", "branches:", "github.push.branches"),
        (
            "trigger_images.yaml",
            "name: image-gpu",
            "title: image-gpu",
            ":23: there is no key title",
        ),
        ("trigger_images.yaml", "cloudbuild.yaml\nsub", "build.yaml\nsub", "image-gpu builds"),
        ("config_gpu.yaml", "NVIDIA_TESLA_T4", "NVIDIA_TESLA_T5", "acceleratorType"),
    ],
)
def test_a_fault_is_reported_in_one_line(repository, capsys, name, old, new, expected):
    path = repository / ".gcp" / name
    path.write_text(path.read_text().replace(old, new))

    assert main(["check"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert name in line
    assert expected in line


def test_each_file_with_a_fault_is_reported(repository, capsys):
    for name in ("cloudbuild.yaml", "config_cpu.yaml"):
        (repository / ".gcp" / name).write_text("nonsense: 1\n")

    assert main(["check", ".gcp/cloudbuild.yaml", ".gcp/config_cpu.yaml"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
