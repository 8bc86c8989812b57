"""What the entrypoint prints where something is wrong, and the exit code it ends with."""

from __future__ import annotations

import subprocess

import pytest

SAMPLE = ("training.num_epochs=1", "wandb.mode=disabled")
SMALL = ("dataset=small", *SAMPLE)
NOWHERE = "http://127.0.0.1:9"  # nothing listens there


@pytest.fixture
def fails(cpu_image, run, note):
    """Run the CPU image and give the last lines that it prints."""

    def fails(*arguments, lines=2, status=2, image=cpu_image, **options):
        ended = run(image, *arguments, **options)
        last = ended.printed.splitlines()[-lines:]
        note("\n".join(["", f"train: {' '.join(arguments)}", *last, f"exit code {ended.status}"]))
        assert ended.status == status, ended.printed
        assert "Traceback" not in ended.printed
        return last

    return fails


@pytest.fixture
def small_disk(tmp_path):
    """Make a disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_there_is_no_data_set_of_that_name(fails):
    [message] = fails("dataset=smal", *SAMPLE, lines=1)

    assert message.startswith(
        "cs-train: dataset=smal: there is no such dataset; did you mean small?"
    )


def test_a_setting_is_misspelt(fails):
    [message] = fails("training.learning_rat=1e-3", lines=1)

    assert message == (
        "cs-train: there is no key training.learning_rat; did you mean training.learning_rate?"
    )


def test_a_flag_is_unknown(fails):
    [message] = fails("--frobnicate", lines=1)

    assert message.startswith("cs-train: unrecognized arguments: --frobnicate; values are set as ")


def test_there_are_no_credentials(fails, deployment):
    deployment.cloud.fail("storage.objects.get", "unauthenticated", times=100)

    [message] = fails(*SMALL, lines=1, variables=deployment.variables, volumes=deployment.volumes)

    assert "cannot be read without credentials" in message
    assert "gcloud auth application-default login" in message


def test_the_bucket_cannot_be_reached(fails, deployment):
    away = {**deployment.variables, "STORAGE_EMULATOR_HOST": NOWHERE}

    [message] = fails(*SMALL, lines=1, variables=away, volumes=deployment.volumes)

    assert "cannot be reached" in message


def test_the_secret_is_missing(fails, deployment):
    secret = f"sm://projects/{deployment.cloud.project}/secrets/ABSENT/versions/latest"
    variables = {**deployment.variables, "WANDB_API_KEY": secret}

    [message] = fails(*SAMPLE, lines=1, variables=variables)

    assert message.startswith(f"cs-cloud: reading {secret}: ")


def test_the_disk_is_read_only(fails, tmp_path):
    tmp_path.chmod(0o777)

    message, step = fails(*SAMPLE, status=1, volumes={tmp_path: "/tmp:ro"})

    assert message == "mkdir: cannot create directory '/tmp/cs-train': Read-only file system"
    assert step == "entrypoint: making the folder /tmp/cs-train failed with exit code 1"


def test_the_disk_is_full(fails, deployment, small_disk):
    volumes = {**deployment.volumes, small_disk: "/tmp"}
    (small_disk / "filler").write_bytes(bytes(800_000))

    [message] = fails(*SMALL, lines=1, variables=deployment.variables, volumes=volumes)

    assert "no space is left" in message


def test_the_model_hub_cannot_be_reached(fails):
    [message] = fails(*SAMPLE, "model=distilbert", lines=1, variables={"HF_ENDPOINT": NOWHERE})

    assert message.startswith("cs-train: ")
    assert "distilbert-base-multilingual-cased" in message


def test_there_is_no_gpu_for_the_image_that_needs_one(fails, cu128_image):
    [step] = fails(*SAMPLE, lines=1, status=1, image=cu128_image)

    assert step == (
        "entrypoint: finding a GPU (docker run --gpus all gives one; accelerator=cpu does without) "
        "failed with exit code 1"
    )
