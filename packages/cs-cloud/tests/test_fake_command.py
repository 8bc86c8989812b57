from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

pytestmark = pytest.mark.slow


def test_the_command_prints_where_the_cloud_is_and_ends_at_an_interrupt(write_settings, complete):
    command = [sys.executable, "-m", "fake_google_cloud", "--settings", write_settings(complete)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        comment = served.stdout.readline()
        exported = dict(_export(served) for _ in range(3))
        bucket = f"{exported['CS_CLOUD_ENDPOINT']}/storage/v1/b/tickets"
        with urllib.request.urlopen(bucket, timeout=5) as answered:  # noqa: S310  it is http
            found = json.load(answered)
        served.send_signal(signal.SIGINT)
        served.stdout.read()

        assert served.wait(timeout=10) == 0
    assert "my-project-1 in europe-west1" in comment
    assert exported["GOOGLE_CLOUD_PROJECT"] == "my-project-1"
    assert found["name"] == "tickets"


def _export(served):
    export, _, line = served.stdout.readline().strip().partition(" ")
    assert export == "export"
    return line.split("=", maxsplit=1)


def test_the_command_says_in_one_line_what_is_wrong_with_the_settings(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fake_google_cloud", "--settings", tmp_path / "none.yaml"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "none.yaml: cannot be read" in line
