from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cs_cloud.cli import main
from fake_google_cloud import FakeCloud
from fake_google_cloud.storage import StorageServer

NAME = "europe-west1-docker.pkg.dev/my-project-1/images/train"
ENTRYPOINT = Path(__file__).parents[3] / "dockerfiles" / "entrypoint.sh"
PUBLISHED = """\
outs:
- md5: 0123456789abcdef0123456789abcdef
  size: 61234
  hash: md5
  path: support.csv
  cloud:
    gcs:
      version_id: '17'
meta:
  prepare:
    label_column: Queue
"""


@pytest.fixture
def raw(tmp_path) -> Path:
    """The folder of the raw files, beside that of the settings."""
    folder = tmp_path / "data" / "raw"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def submit(cloud: FakeCloud, settings, a_job, tmp_path, monkeypatch, passing_time, capsys):
    """Run `cs-cloud submit` below a repository whose project is ready; give what it printed."""
    (tmp_path / ".gcp" / "config_gpu.yaml").write_text(a_job)
    (tmp_path / ".gcp" / "config_cpu.yaml").write_text(a_job)
    cloud.add_image(settings.registry, "train")
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str, str]:
        return main(["submit", *words]), *capsys.readouterr()

    return run


def variables(job: dict) -> dict[str, str]:
    [pool] = job["jobSpec"]["workerPoolSpecs"]
    return {one["name"]: one["value"] for one in pool["containerSpec"]["env"]}


def test_a_job_brings_the_version_of_its_data_set_whatever_the_image_holds(submit, raw):
    (raw / "support.csv.dvc").write_text(PUBLISHED)
    status, out, err = submit("gpu", "best", "dataset=support", "--dry-run")
    job = yaml.safe_load(out)

    assert status == 0
    assert variables(job)["CS_DATASET_FILE"] == "support.csv.dvc"
    assert variables(job)["CS_DATASET_VERSION"] == PUBLISHED
    assert job["labels"]["dataset"] == "support"
    assert "data set       support (md5 0123456789abcdef0123456789abcdef)\n" in err
    assert "from support.csv.dvc, sent with the job: 61,234 bytes, generation 17\n" in err
    assert "dataset.label_column=Queue instead of priority" in err


def test_another_version_is_another_job(submit, cloud, raw):
    cloud.set_quota("CustomModelTrainingT4GPUsPerProjectPerRegion", 2)
    (raw / "support.csv.dvc").write_text(PUBLISHED)
    first, again = (submit("gpu", "best", "dataset=support", "--yes") for _ in range(2))
    (raw / "support.csv.dvc").write_text(PUBLISHED.replace("'17'", "'18'"))
    newer = submit("gpu", "best", "dataset=support", "--yes")

    assert [first[0], again[0], newer[0]] == [0, 0, 0]
    assert again[1].startswith("the same job is live already")
    assert [request.method for request in cloud.requests].count("CreateCustomJob") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dataset=suport"], "dataset=suport: there is no such dataset; did you mean support?"),
        (
            ["dataset=mine"],
            "machine alone, where a job cannot read it; run: cs-data publish mine",
        ),
        (["dataset=broken"], "broken.csv.dvc does not say which file it stands for"),
    ],
)
def test_a_data_set_that_a_job_cannot_have_is_reported_before_anything_is_asked(
    submit, cloud, raw, words, message
):
    (raw / "support.csv.dvc").write_text(PUBLISHED)
    (raw / "broken.csv.dvc").write_text("- nothing\n")
    (raw / "mine.csv").write_text("subject,body,priority\n")
    status, out, err = submit("gpu", "best", *words, "--yes")

    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert cloud.requests == ()


def test_a_job_on_this_machine_gets_the_same_version(submit, raw, tmp_path, monkeypatch):
    (raw / "support.csv.dvc").write_text(PUBLISHED)
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    engine, argv = programs / "docker", tmp_path / "argv.json"
    engine.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"if sys.argv[1] == 'run': json.dump(sys.argv, open({str(argv)!r}, 'w'))\n"
    )
    engine.chmod(0o755)
    monkeypatch.setenv("WANDB_API_KEY", "my-own")
    status, _, _ = submit("local", "best", "dataset=support")
    given = json.loads(argv.read_text())

    assert status == 0
    assert "CS_DATASET_FILE=support.csv.dvc" in given
    assert f"CS_DATASET_VERSION={PUBLISHED}" in given
    assert given[-2:] == ["experiment=best", "dataset=support"]


@pytest.fixture
def container(tmp_path, monkeypatch):
    """Run the image's entrypoint in folders of this machine, with a stand-in for what it calls."""
    app, work = tmp_path / "app", tmp_path / "tmp"
    for path in (app / ".dvc" / "config", app / "data" / "raw" / "full.csv.dvc"):
        path.parent.mkdir(parents=True)
        path.write_text("as built")
    work.mkdir()
    script = tmp_path / "entrypoint.sh"
    script.write_text(ENTRYPOINT.read_text().replace("/app/", f"{app}/"))
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "cs-cloud").write_text('#!/bin/sh\necho "$@"\n')
    (programs / "cs-cloud").chmod(0o755)

    def run(environ: dict[str, str], *arguments: str) -> Path:
        done = subprocess.run(
            ["bash", script, *arguments],
            env={
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "TMPDIR": str(work),
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"with-secrets -- cs-train {' '.join(arguments)}\n"
        return work / "cs-train"

    run.raw = app / "data" / "raw"
    return run


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_the_container_puts_the_version_in_place_of_what_the_image_holds(container):
    (container.raw / "support.xlsx.dvc").write_text("as built")
    environ = {"CS_DATASET_FILE": "support.csv.dvc", "CS_DATASET_VERSION": PUBLISHED}
    raw = container(environ, "dataset=support") / "data" / "raw"

    assert sorted(path.name for path in raw.iterdir()) == ["full.csv.dvc", "support.csv.dvc"]
    assert yaml.safe_load((raw / "support.csv.dvc").read_text()) == yaml.safe_load(PUBLISHED)
    assert (raw / "full.csv.dvc").read_text() == "as built"


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_the_container_of_a_job_without_one_has_what_the_image_holds(container):
    raw = container({}, "experiment=best") / "data" / "raw"

    assert [path.name for path in raw.iterdir()] == ["full.csv.dvc"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # in DVC itself
def test_from_an_export_to_the_tickets_in_the_container_of_its_job(
    submit, container, tmp_path, monkeypatch, capsys
):
    data = pytest.importorskip("cs_data")
    pytest.importorskip("dvc")
    from cs_data.cli import main as cs_data

    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")
    words = ("printer", "login", "invoice", "screen", "network", "refund", "crash", "update")
    rows = [
        f"{a} {b} again,{('IT', 'Billing')[(i + j) % 2]}"
        for i, a in enumerate(words)
        for j, b in enumerate(words)
    ]
    (tmp_path / "export.csv").write_text("\n".join(["Text,Queue", *rows, ""]))
    with StorageServer("tickets") as storage:
        config = (
            "[core]\n    remote = gcs\n    no_scm = true\n['remote \"gcs\"']\n"
            "    url = gs://tickets/\n    version_aware = true\n"
            f"    endpointurl = {storage.url}\n    allow_anonymous_login = true\n"
        )
        (tmp_path / ".dvc").mkdir()
        (tmp_path / ".dvc" / "config").write_text(config)
        monkeypatch.chdir(tmp_path)
        flags = ("--text-columns", "Text", "--label-column", "Queue")
        assert cs_data(["publish", "support", "export.csv", *flags]) == 0
        capsys.readouterr()
        job = yaml.safe_load(submit("gpu", "best", "dataset=support", "--dry-run")[1])

        (container.raw.parents[1] / ".dvc" / "config").write_text(config)
        monkeypatch.chdir(container(variables(job), "experiment=best", "dataset=support"))
        manifest = data.fetch("support").manifest

    assert manifest.rows == len(rows)
    assert manifest.labels == ("Billing", "IT")
    assert re.fullmatch("[0-9a-f]{32}", manifest.raw.md5)
