from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
import yaml

from cs_cloud.cli import main
from fake_google_cloud import FakeCloud, JobScript

NAME = "europe-west1-docker.pkg.dev/my-project-1/images/train"


@pytest.fixture(autouse=True)
def deployment(cloud: FakeCloud, settings, a_job, tmp_path, monkeypatch, passing_time):
    """A repository with the target `gpu`, in a project where everything is ready."""
    (tmp_path / ".gcp" / "config_gpu.yaml").write_text(a_job)
    cloud.add_image(settings.registry, "train")
    cloud.add_job_region("europe-west4")
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    return cloud


@pytest.fixture
def submit(capsys):
    """Run `cs-cloud submit`; give exit status, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        try:
            status = main(["submit", *words])
        except SystemExit as asked:
            status = asked.code
        return status, *capsys.readouterr()

    return run


def created(cloud: FakeCloud) -> int:
    return [request.method for request in cloud.requests].count("CreateCustomJob")


def test_a_dry_run_shows_the_plan_and_prints_the_exact_job(submit, cloud):
    status, out, err = submit("gpu", "best", "--dry-run", "training.num_epochs=9")
    job = yaml.safe_load(out)
    [pool] = job["jobSpec"]["workerPoolSpecs"]

    assert status == 0
    assert created(cloud) == 0
    assert re.fullmatch(rf"{NAME}@sha256:[0-9a-f]{{64}}", pool["containerSpec"]["imageUri"])
    assert pool["containerSpec"]["args"] == ["experiment=best", "training.num_epochs=9"]
    assert job["labels"]["experiment"] == "best"
    assert "training.num_epochs=9 instead of 5" in err
    assert "secret" in err
    assert "not-a-real-key" not in out + err


def test_a_job_is_submitted_and_shown_with_its_commands(submit, cloud):
    status, out, _ = submit("gpu", "best", "--yes")

    assert status == 0
    assert created(cloud) == 1
    assert re.search(r"job +projects/\d+/locations/europe-west1/customJobs/\d+", out)
    assert "https://console.cloud.google.com/" in out
    assert re.search(r"cs-cloud logs -f \d+", out)


def test_the_same_job_is_not_started_twice(submit, cloud):
    first = submit("gpu", "best", "--yes")[1]
    status, again, _ = submit("gpu", "best", "--yes")

    assert status == 0
    assert created(cloud) == 1
    assert again == "the same job is live already, so no other was started:\n" + first


def test_waiting_ends_with_0_only_for_a_job_that_succeeded(submit, cloud):
    succeeded = submit("gpu", "best", "--yes", "--wait")
    cloud.script_jobs(JobScript().failing(1))
    failed = submit("gpu", "best", "--yes", "--wait", "seed=7")

    assert succeeded[0] == 0
    assert "SUCCEEDED" in succeeded[1]
    assert failed[0] == 1
    assert "exited with a non-zero status of 1" in failed[2]


@pytest.mark.parametrize(("answer", "status", "jobs"), [("y\n", 0, 1), ("n\n", 1, 0), ("", 1, 0)])
def test_a_person_is_asked(submit, cloud, monkeypatch, answer, status, jobs):
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)

    assert submit("gpu", "best")[0] == status
    assert created(cloud) == jobs


def test_flags_change_this_job(submit):
    status, out, err = submit(
        "gpu", "--spot", "--timeout", "2h", "--env", "A=1", "--region", "europe-west1,europe-west4",
        "--dry-run",
    )  # fmt: skip
    spec = yaml.safe_load(out)["jobSpec"]

    assert status == 0
    assert spec["scheduling"]["strategy"] == "SPOT"
    assert spec["scheduling"]["restartJobOnWorkerRestart"] is True
    assert spec["scheduling"]["timeout"] == "7200s"
    assert {"name": "A", "value": "1"} in spec["workerPoolSpecs"][0]["containerSpec"]["env"]
    assert "region" in err
    assert "europe-west1, then europe-west4" in err


def test_a_dry_run_of_a_local_job_runs_nothing(submit, tmp_path, a_job, cloud):
    (tmp_path / ".gcp" / "config_cpu.yaml").write_text(a_job)
    status, _, err = submit("local", "best", "seed=7", "--dry-run")

    assert status == 0
    assert "cs-train experiment=best seed=7" in err
    assert "seed=7 instead of 42" in err
    assert not list(tmp_path.glob("**/outputs"))
    status, _, err = submit("local", "best", "--timeout", "2h")
    assert (status, "--timeout is about machines of Vertex AI" in err) == (2, True)


def test_a_target_may_be_a_path(submit, tmp_path, a_job):
    path = tmp_path / "own.yaml"
    path.write_text(a_job)

    assert submit(str(path), "best", "--dry-run")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gpo"], "gpo: there is no target of that name"),
        (["gpo"], "did you mean gpu?"),
        (["none.yaml"], "none.yaml: there is no such file"),
        (["gpu", "bets"], "did you mean best?"),
        (["gpu", "best", "best2"], "best2: the experiment is best already"),
        (["gpu", "best", "training.num_epoch=9"], "did you mean training.num_epochs?"),
        (["gpu", "best", "training.batch_size=0"], "must be at least 1, got 0"),
        (["gpu", "best", "dataset=custom", "dataset.path=a.csv"], "cannot read a file of this"),
        (["gpu", "best", "--machine", "n1-standrad-8"], "cs-cloud: with these flags, worker"),
        (["gpu", "best", "--machine", "n1-standrad-8"], "did you mean n1-standard-8?"),
        (["gpu", "best", "--accelerator", "T4:3"], "goes with 1/2/4 NVIDIA_TESLA_T4"),
        (["gpu", "best", "--accelerator", "V1000"], "did you mean V100?"),
        (["gpu", "best", "--timeout", "soon"], "'soon' is not a duration"),
        (["gpu", "best", "--timeout", "30d"], "at most 604800s"),
        (["gpu", "best", "--env", "HF_TOKEN=hunter2"], "HF_TOKEN is the name of a secret"),
        (["gpu", "best", "wandb.project=hf_" + "a" * 34], "wandb.project: holds what looks like"),
        (["gpu", "best", "--env", "API_KEYS=hunter2"], "API_KEYS is the name of a secret"),
        (["gpu", "best", "--region", "europe-west1,mars"], "`region` is 'mars', but must be"),
        (["gpu", "best", "--project", "X"], "`project` is 'X', but must be a project id"),
        (["gpu", "best", "--settings", "gone.yaml"], "gone.yaml: cannot be read"),
        (["gpu", "best", "--experiment", "x"], "unrecognized arguments: --experiment x"),
        (
            ["gpu", "best", "--yes", "--frob"],
            "unrecognized arguments: --frob; see cs-cloud submit --help",
        ),
        (["gpu", "best", "--timeout", ""], "--timeout is empty; give it a value, or leave it out"),
        (["gpu", "best", "--region", ""], "`region` is empty"),
        (["gpu", "best", "--env", "A=1", "--env", "A=2"], "--env: A is given twice"),
        (["gpu", "best", "--accelerator", "none", "accelerator=gpu"], "n1-standard-8 has none"),
        (["gpu", "best", "accelerator=mps"], "accelerator=mps: n1-standard-8 has none"),
        (["gpu", "best", "model.name=/home/me/encoder"], "cannot read a folder of this machine"),
        (["gpu", "best", "model.name=encoder"], "model.name=encoder: a job cannot read a folder"),
        (["gpu", "best", "--container", "x"], "--container: invalid choice: 'x'"),
        ([], "the following arguments are required: TARGET; see cs-cloud submit --help"),
    ],
)
def test_what_is_wrong_is_reported_before_anything_is_asked_or_sent(submit, cloud, words, message):
    Path("encoder").mkdir()
    status, out, err = submit(*words, "--yes") if words else submit()

    assert status == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert "hunter2" not in err
    assert cloud.requests == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("machineSpec", "machinSpec"), "did you mean machineSpec?"),
        (("n1-standard-8", "n1-standard-7"), "is not a known machine type"),
        (("NVIDIA_TESLA_T4", "NVIDIA_TESLA_T5"), "did you mean NVIDIA_TESLA_T4?"),
        (("replicaCount: 1", "replicaCount: 0"), "must be 1, got 0"),
        (("${service_account}", "${service_acount}"), "did you mean"),
        (("/train:", "/train :"), "must be an image: HOST/PATH/NAME:TAG"),
    ],
)
def test_a_fault_in_the_job_file_is_reported_with_its_line(
    submit, cloud, tmp_path, a_job, change, message
):
    assert change[0] in a_job
    path = tmp_path / ".gcp" / "config_gpu.yaml"
    path.write_text(a_job.replace(*change))
    status, out, err = submit("gpu", "best", "--yes")

    assert (status, out) == (2, "")
    assert re.match(rf"cs-cloud: {re.escape(str(path))}:\d+: ", err)
    assert message in err
    assert cloud.requests == ()


def test_without_a_terminal_and_without_yes_nothing_is_asked_of_google(submit, cloud, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    status, _, err = submit("gpu", "best")

    assert status == 2
    assert "add --yes, or --dry-run" in err
    assert cloud.requests == ()


@pytest.mark.parametrize(
    ("break_", "message"),
    [
        (lambda cloud: cloud.disable("aiplatform.googleapis.com"), "gcloud services enable"),
        (
            lambda cloud: cloud.set_quota("CustomModelTrainingT4GPUsPerProjectPerRegion", 0),
            "quota T4GPUs",
        ),
        (lambda cloud: cloud.deny("iam.serviceAccounts.actAs"), "service account"),
    ],
)
def test_what_a_check_finds_stops_the_submission_and_names_the_fix(submit, cloud, break_, message):
    break_(cloud)
    status, _, err = submit("gpu", "best", "--yes")

    assert status == 2
    assert "FAILED" in err
    assert message in err
    assert "so nothing was submitted" in err.splitlines()[-1]
    assert created(cloud) == 0


def test_quota_in_one_of_the_regions_is_enough(submit, cloud):
    quota = "CustomModelTrainingT4GPUsPerProjectPerRegion"
    cloud.set_quota(quota, 0)
    cloud.set_quota(quota, 1, region="europe-west4")
    status, _, err = submit("gpu", "best", "--yes", "--region", "europe-west1,europe-west4")

    assert status == 0
    assert "trying europe-west4" in err


BOTH = ("--region", "europe-west1,europe-west4")


@pytest.fixture
def fall_back(submit, cloud):
    """Submit the same job to two regions, the first of which has no room; give what it printed."""

    def run(*words: str) -> str:
        cloud.fail("CreateCustomJob", "resource_exhausted")
        status, out, err = submit("gpu", "best", "--yes", *words)
        assert status == 0
        assert "customJobs/" in out
        assert "locations/europe-west4/" in out
        return out + err

    return run


def printed_commands(text: str) -> list[list[str]]:
    return [found.split() for found in re.findall(r"cs-cloud ((?:logs|wait|cancel) .*)", text)]


def test_each_printed_command_finds_the_job_of_another_region(submit, cloud, fall_back, capsys):
    printed = printed_commands(fall_back(*BOTH))
    cloud.clock.advance(3600)

    assert [command[0] for command in printed] == ["logs", "wait", "cancel"]
    for command in [*printed, ["describe", *printed[1][1:]]]:
        assert command[-2:] == ["--region", "europe-west4"]
        status = main(command)
        assert (status, capsys.readouterr().err) == (0, "")


def test_a_command_needs_no_region_for_a_job_of_the_settings(submit):
    for command in printed_commands(submit("gpu", "best", "--yes")[1]):
        assert "--region" not in command


def test_after_a_fallback_the_same_with_both_regions_starts_nothing(submit, cloud, fall_back):
    fall_back(*BOTH)
    tries = created(cloud)
    status, again, _ = submit("gpu", "best", "--yes", *BOTH)

    assert status == 0
    assert again.startswith("the same job is live already")
    assert "locations/europe-west4/" in again
    assert created(cloud) == tries


@pytest.mark.parametrize("again", [(), ("--region", "europe-west1"), BOTH])
def test_with_the_fallback_in_the_settings_the_same_starts_nothing(
    submit, cloud, fall_back, monkeypatch, again
):
    monkeypatch.setenv("CS_FALLBACK_REGIONS", "europe-west4")
    first = fall_back()
    tries = created(cloud)
    status, out, _ = submit("gpu", "best", "--yes", *again)

    assert all("--region" not in command for command in printed_commands(first))
    assert status == 0
    assert out.startswith("the same job is live already")
    assert created(cloud) == tries


def test_a_live_job_of_the_settings_region_is_found_from_another(submit, cloud, tmp_path, a_job):
    image = "europe-west1-docker.pkg.dev/my-project-1/images/"
    pinned = a_job.replace("${region}-docker.pkg.dev/${project}/${registry}/", image)
    (tmp_path / ".gcp" / "config_gpu.yaml").write_text(pinned)
    first = submit("gpu", "best", "--yes")[1]
    status, again, _ = submit("gpu", "best", "--yes", "--region", "europe-west4")

    assert status == 0
    assert again == "the same job is live already, so no other was started:\n" + first
    assert created(cloud) == 1


def test_a_fallback_that_the_settings_do_not_name_is_recommended_to_them(fall_back):
    assert "add it to `fallback_regions`" in fall_back(*BOTH)


def test_a_check_that_fails_can_be_overruled(submit, cloud):
    cloud.add_bucket("models", grants={})
    assert submit("gpu", "best", "--yes")[0] == 2
    status, _, err = submit("gpu", "best", "--yes", "--force")

    assert status == 0
    assert "FAILED  bucket models" in err
    assert created(cloud) == 1
