"""The real gcloud takes the repository's own builds and triggers, as docs/cloud.md types them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from cs_cloud import load_settings
from fake_google_cloud import FakeCloud

ROOT = Path(__file__).parents[3]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not on PATH"),
    pytest.mark.skipif(not (ROOT / ".gcp").is_dir(), reason="not in the repository"),
]
GPU = "_DEVICE=gpu,_IMAGE_NAME={},_DOCKERFILE=dockerfiles/train_cu128.dockerfile"
DOCS = ROOT / "docs" / "cloud.md"
DOCUMENTED = [
    line
    for line in (DOCS.read_text().splitlines() if DOCS.is_file() else ())
    if re.fullmatch(r"gcloud builds submit .* --substitutions=[^$]+", line)
]


@pytest.fixture
def deployment():
    settings = load_settings(ROOT / ".gcp" / "settings.yaml", environ={})
    with FakeCloud.ready(settings) as cloud:
        yield cloud


@pytest.fixture
def gcloud(deployment, tmp_path):
    """Runs gcloud in the repository's folder, against the fake cloud."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith("CLOUDSDK_")}
    state = {"CLOUDSDK_CONFIG": str(tmp_path / "gcloud")}

    def run(*arguments: str):
        done = subprocess.run(
            ["gcloud", *arguments, "--format=json"],
            cwd=ROOT,
            check=False,
            env=outside | deployment.environment | state,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize(
    ("config", "substitutions", "pushed"),
    [
        ("cloudbuild.yaml", "", ["train-cpu:latest"]),
        # without a tag, it is pushed as `latest`, and shown by both names
        ("cloudbuild.yaml", GPU.format("train-cu128"), ["train-cu128", "train-cu128:latest"]),
        ("cloudbuild.yaml", GPU.format("train-cu128:v1"), ["train-cu128:v1"]),
        ("cloudbuild_test.yaml", "", []),
        ("vertex_ai_train.yaml", "_VERTEX_TRAIN_CONFIG=.gcp/config_gpu.yaml", []),
    ],
)
def test_gcloud_submits_each_build(deployment, gcloud, config, substitutions, pushed):
    given = [f"--substitutions={substitutions}"] if substitutions else []

    submitted = gcloud("builds", "submit", ".", f"--config=.gcp/{config}", *given, "--async")
    deployment.clock.advance(60)
    ended = gcloud("builds", "describe", submitted["id"])

    assert ended["status"] == "SUCCESS"
    assert images_of(ended) == pushed


@pytest.mark.parametrize("command", DOCUMENTED)
def test_gcloud_takes_each_documented_command_as_it_is_typed(deployment, gcloud, command):
    submitted = gcloud(*shlex.split(command)[1:], "--async")
    deployment.clock.advance(60)
    ended = gcloud("builds", "describe", submitted["id"])
    named = re.findall(r"_IMAGE_NAME=([^,]+)", command)

    assert ended["status"] == "SUCCESS"
    assert images_of(ended) == named
    assert len(DOCUMENTED) >= 4


def images_of(build) -> list[str]:
    return [image["name"].rpartition("/")[2] for image in build["results"].get("images", [])]


def test_gcloud_imports_the_triggers_and_changes_them_when_it_does_so_again(gcloud, tmp_path):
    # the replacements of docs/cloud.md
    mine = {"OWNER": "me", "REPOSITORY": "tickets", "PROJECT": "my-project-1"}
    for name in ("trigger_images.yaml", "trigger_test.yaml", "trigger_test.yaml"):
        text = (ROOT / ".gcp" / name).read_text()
        for old, new in mine.items():
            text = text.replace(old, new)
        (tmp_path / name).write_text(text)
        gcloud("builds", "triggers", "import", f"--source={tmp_path / name}")

    listed = gcloud("builds", "triggers", "list")

    assert sorted(trigger["name"] for trigger in listed) == ["image-cpu", "image-gpu", "test"]
    assert {trigger["github"]["owner"] for trigger in listed} == {"me"}
