from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cs_cloud import CloudError
from cs_cloud.images.image import Image
from cs_cloud.jobs.dataset_version import DatasetVersion
from cs_cloud.jobs.experiment import compose_experiment
from cs_cloud.jobs.job import make_job
from cs_cloud.jobs.job_changes import JobChanges
from cs_cloud.jobs.job_file import read_job_file
from cs_cloud.jobs.plan import plan_rows
from cs_cloud.working_tree import WorkingTree, has_same_code, read_working_tree

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
COMMIT = "c0ffee" * 6 + "c0ff"
VERSION = DatasetVersion("full.csv.dvc", "outs: …\n", "b" * 32, 1234, "17")
NAME = "europe-west1-docker.pkg.dev/my-project-1/images/train-cu128"
IMAGE = Image(f"{NAME}@sha256:{'a' * 64}", f"sha256:{'a' * 64}", ("latest",), NOW, 5 << 30)


@pytest.fixture
def plan(settings, a_job, write_yaml):
    """Give the plan of a job as text, a line for each row."""

    def show(*overrides: str, changes=None, image=IMAGE, tree=None, same_code=False) -> str:
        change = (changes or JobChanges()).apply
        spec = read_job_file(write_yaml(a_job), settings, change)
        tree = tree or WorkingTree(COMMIT, 0)
        experiment = replace(compose_experiment([], "best", overrides), version=VERSION)
        job = make_job("gpu", spec, experiment, image, tree, NOW)
        later = NOW + timedelta(days=3)
        where = ["europe-west1"]
        rows = plan_rows(job, experiment, image, tree, where, later, same_code=same_code)
        return "\n".join(f"{name}: {text}" for name, text in rows)

    return show


def test_a_plan_shows_everything_that_will_be(plan):
    shown = plan("training.num_epochs=9", "seed=7")

    assert "job: best-gpu-20260131-093000" in shown
    assert "machine: n1-standard-8 with 1 x NVIDIA_TESLA_T4" in shown
    assert f"image: {NAME}@sha256:{'a' * 64}\n: latest; 3d00h old" in shown
    assert f"git commit: {COMMIT}\n: not what the image was built from" in shown
    assert "experiment: best\n: seed=7 instead of 42\n: training.num_epochs=9 instead of 5" in shown
    assert f"data set: full (md5 {'b' * 32})\n: from full.csv.dvc, sent with the job" in shown
    assert "secret: WANDB_API_KEY, from sm://projects/my-project-1/secrets/WANDB_API_KEY/" in shown
    assert "runs as: trainer@my-project-1.iam.gserviceaccount.com" in shown
    assert "output: gs://models/" in shown
    assert "USD an hour, at most" in shown


def test_a_plan_warns_of_doubtful_settings(plan):
    assert "warning: training.learning_rate=0.1 is too high" in plan("training.learning_rate=0.1")


def test_an_image_of_the_same_commit_is_not_remarked_on(plan):
    built = Image(IMAGE.uri, IMAGE.digest, (COMMIT[:12], "latest"), NOW, 1)

    assert "not what the image was built from" not in plan(image=built)


def test_an_image_of_an_older_commit_is_good_enough_where_only_data_sets_were_changed(plan):
    built = Image(IMAGE.uri, IMAGE.digest, ("a" * 40, "latest"), NOW, 1)
    shown = plan(image=built, same_code=True)

    assert "only data sets were changed since" in shown
    assert "nox -s build" not in shown


def test_a_plan_without_the_cloud_says_what_is_not_known(plan):
    shown = plan(image=None)

    assert "train:latest\n: not known: whether it is there, its digest, its age and its" in shown
    assert "-NOT-KNOWN/" in shown
    assert "USD an hour" in shown


def test_a_tree_that_was_changed_is_reported(plan):
    assert f"git commit: {COMMIT}, 3 files changed since" in plan(tree=WorkingTree(COMMIT, 3))
    assert f"git commit: {COMMIT}, 1 file changed since" in plan(tree=WorkingTree(COMMIT, 1))
    assert "git commit: none: this is no git checkout" in plan(tree=WorkingTree("", 0))


def test_spot_machines_have_no_list_price(plan):
    shown = plan(changes=JobChanges(spot=True))

    assert "machines are: SPOT" in shown
    assert "price: not known for these machines in europe-west1" in shown


def test_flags_change_the_job(settings, a_job, write_yaml):
    changes = JobChanges(
        machine="n1-standard-16", accelerator="V100:2", timeout="90m", env=("A=2", "B=x=y")
    )
    spec = read_job_file(write_yaml(a_job), settings, changes.apply)
    machine = spec.worker_pool_specs[0].machine_spec
    env = {one.name: one.value for one in spec.worker_pool_specs[0].container_spec.env}

    assert machine.machine_type == "n1-standard-16"
    assert (machine.accelerator_type.name, machine.accelerator_count) == ("NVIDIA_TESLA_V100", 2)
    assert spec.scheduling.timeout == timedelta(minutes=90)
    assert (env["A"], env["B"]) == ("2", "x=y")


def test_a_machine_that_comes_with_accelerators_brings_them(settings, a_job, write_yaml):
    spec = read_job_file(write_yaml(a_job), settings, JobChanges(machine="g2-standard-8").apply)
    machine = spec.worker_pool_specs[0].machine_spec

    assert (machine.accelerator_type.name, machine.accelerator_count) == ("NVIDIA_L4", 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (JobChanges(machine="n1-standrad-8"), "did you mean n1-standard-8?"),
        (JobChanges(accelerator="T5"), "--accelerator T5: there is no such type; did you mean"),
        (JobChanges(accelerator="T4:x"), "--accelerator T4:x: write TYPE or TYPE:COUNT"),
        (JobChanges(accelerator="T4:3"), "acceleratorCount is 3, but n1-standard-8 goes with"),
        (JobChanges(accelerator="L4"), "is NVIDIA_L4, but n1-standard-8 goes with"),
        (JobChanges(machine="e2-standard-8"), "e2-standard-8 goes with no accelerator"),
        (JobChanges(timeout="6"), "'6' is not a duration: write one such as 90s"),
        (JobChanges(timeout="8d"), "at most 604800s, which is 7 days"),
        (JobChanges(timeout="0h"), "must be more than 0s"),
        (JobChanges(env=("hunter2",)), "--env: give NAME=VALUE"),
        (JobChanges(env=("A=hunter2", "A=2")), "--env: A is given twice; keep one of them"),
        (JobChanges(machine=""), "--machine is empty; give it a value, or leave it out"),
        (JobChanges(accelerator=""), "--accelerator is empty; give it a value"),
        (JobChanges(timeout=""), "--timeout is empty; give it a value"),
        (JobChanges(env=("API_TOKEN=hunter2",)), "API_TOKEN is the name of a secret"),
        (JobChanges(env=("X=hf_" + "a" * 34,)), "looks like a key"),
        (JobChanges(env=("AIP_MODEL_DIR=x",)), "which Vertex AI sets itself"),
    ],
)
def test_a_flag_that_makes_no_job_is_reported(settings, a_job, write_yaml, changes, expected):
    with pytest.raises(CloudError) as caught:
        read_job_file(write_yaml(a_job), settings, changes.apply)

    message = str(caught.value)
    assert expected in message
    assert "\n" not in message
    assert "hunter2" not in message


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Run git in a folder of its own."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(*words):
        person = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *person, *words], check=True, cwd=tmp_path, capture_output=True)

    return run


def test_the_working_tree_has_its_commit_and_changes(tmp_path, git):
    assert read_working_tree(tmp_path) == WorkingTree("", 0)

    git("init")
    (tmp_path / "one").write_text("1")
    git("add", "one")
    git("commit", "-m", "one")
    clean = read_working_tree(tmp_path)
    (tmp_path / "one").write_text("2")
    (tmp_path / "two").write_text("2")

    assert len(clean.commit) == 40
    assert clean.changed == 0
    assert read_working_tree(tmp_path) == WorkingTree(clean.commit, 2)


def test_commits_with_other_data_sets_have_the_same_code(tmp_path, git):
    def commit(name: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        git("add", ".")
        git("commit", "-m", name)
        return read_working_tree(tmp_path).commit

    assert not has_same_code(tmp_path, ["a" * 40])
    git("init")
    code = commit("code.py")
    data = commit("data/raw/support.csv.dvc")
    assert has_same_code(tmp_path, ["a" * 40, code[:7]])

    commit("data/raw/odd.py")
    assert not has_same_code(tmp_path, [code, data, "a" * 40])
