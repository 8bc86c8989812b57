"""The CPU image trains: with data from a bucket and a secret, and is stopped in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

TINY = ("dataset=small", "training=quickstart", "training.num_epochs=1", "wandb.mode=disabled")

# What `docker run --read-only --tmpfs /tmp` does, where process 1 is the entrypoint's.
CONTAIN = """
set -e
root=$1 job=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -m 777 "$root/tmp/job"
mount --bind "$job" "$root/tmp/job"
exec chroot --userspec=10001:10001 "$root" "$@"
"""


@pytest.fixture
def contain(output):
    """Start an image's entrypoint on a disk that is read-only but for /tmp."""

    def contain(image, *arguments, **variables):
        own = {"HOME": "/home/train", **image.variables, **variables}
        words = [f"{name}={value}" for name, value in own.items()]
        return subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child",
             "sh", "-c", CONTAIN, "sh", image.root, output,
             "env", "--ignore-environment", "--chdir=/app", *words, *image.entrypoint, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    return contain


@pytest.fixture
def output(tmp_path):
    """Make a folder that stands for the one that a job leaves its output in."""
    folder = tmp_path / "output"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def test_help_is_shown_at_once(image, run):
    shown = run(image, "--help")

    assert shown.status == 0
    assert shown.printed.startswith("Fine-tune a classifier of support tickets.")


def test_a_job_fetches_trains_and_leaves_its_model(cpu_image, run, deployment, output, note):
    ended = run(
        cpu_image, *TINY,
        variables={**deployment.variables, "AIP_MODEL_DIR": "/job/model/"},
        volumes={**deployment.volumes, output: "/job"},
    )  # fmt: skip

    assert ended.status == 0, ended.printed
    assert "from small.csv" in ended.printed
    assert deployment.cloud.project not in ended.printed
    read = [request.method for request in deployment.cloud.requests]
    assert read.count("AccessSecretVersion") == 1
    model = {path.name for path in (output / "model").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= model
    card = (output / "model" / "README.md").read_text()
    assert "0123abc" in card
    assert {path.stat().st_uid for path in output.rglob("*")} == {10001}
    note(f"train-cpu: data fetched, secret read, model trained and left: {ended.seconds:.0f} s")


def test_its_disk_may_be_read_only_but_for_the_temporary_folder(cpu_image, contain):
    with contain(cpu_image, "training.num_epochs=1", "wandb.mode=disabled") as container:
        printed, _ = container.communicate(timeout=240)

    assert container.returncode == 0, printed
    assert "model:   outputs/" in printed


def test_sigterm_ends_training_at_once_with_nothing_half_written(cpu_image, contain, output, note):
    endless = ("training.num_epochs=500", "training.patience=null", "wandb.mode=disabled")
    with contain(cpu_image, *endless, AIP_MODEL_DIR="/tmp/job/model/") as container:
        _read_until("epoch  1", container)
        started = time.monotonic()
        os.kill(_first_process_in(container), signal.SIGTERM)
        container.communicate(timeout=60)
        seconds = time.monotonic() - started

    assert container.returncode == 128 + 15
    assert seconds < 10
    assert not [path for path in output.rglob("*") if path.is_file()]
    note(f"train-cpu: ended by SIGTERM in the middle of training after {seconds:.1f} s")


def _read_until(words, container):
    printed = ""
    for line in container.stdout:
        printed += line
        if words in line:
            return
    pytest.fail(f"it ended before it said {words!r}: {printed}")


def _first_process_in(container):
    [child] = Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text().split()
    return int(child)
