"""Plants a key in Secret Manager and looks for it everywhere it could have been written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cs_cloud.cli import main
from fake_google_cloud import FakeCloud

KEY = "planted0key0" * 4  # as long as a key of Weights & Biases  # pragma: allowlist secret
TINY = (
    "model.num_layers=1 model.hidden_size=16 model.num_heads=2 model.vocab_size=300"
    " model.max_length=32 training.num_epochs=1 accelerator=cpu wandb.mode=offline"
).split()
RUN = "import sys; from cs_cloud.cli import main; sys.exit(main())"


@pytest.fixture
def cloud(settings, a_job, tmp_path, monkeypatch):
    (tmp_path / ".gcp" / "config_gpu.yaml").write_text(a_job)
    (tmp_path / ".gcp" / "config_cpu.yaml").write_text(
        a_job.replace("      acceleratorType: NVIDIA_TESLA_T4\n      acceleratorCount: 1\n", "")
    )
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with FakeCloud.ready(settings, secret=KEY, images=("train",)) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def holding(folder: Path) -> list[Path]:
    """Files whose bytes hold the key."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if KEY.encode() in path.read_bytes()]


def command_lines() -> str:
    """Command lines of all processes, where the system shows them."""
    shown = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return b"\n".join(shown).decode(errors="replace")


def test_no_command_that_speaks_to_the_cloud_shows_or_sends_it(cloud, tmp_path, capsys):
    for words in (
        ["submit", "gpu", "best", "--dry-run"],
        ["submit", "gpu", "best", "--yes"],
        ["submit", "gpu", "best", "--yes"],
        ["doctor", "--json"],
        ["jobs", "--json"],
        ["describe", "best", "--json"],
        ["logs", "best"],
        ["cancel", "best"],
        ["builds", "list"],
        ["settings"],
    ):
        assert main(words) == 0, (words, capsys.readouterr())
    out, err = capsys.readouterr()

    assert "sm://projects/my-project-1/secrets/WANDB_API_KEY/versions/latest" in out + err
    assert KEY not in out + err
    assert not [request for request in cloud.requests if KEY in str(request)]
    assert "AccessSecretVersion" not in {request.method for request in cloud.requests}
    assert holding(tmp_path) == []


@pytest.mark.slow
def test_a_run_that_was_given_it_writes_it_nowhere(cloud, tmp_path):
    pytest.importorskip("cs_train", reason="trains with cs-train")
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "submit", "local", "quickstart", *TINY],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        lines, seen = [], ""
        for line in run.stdout:
            lines.append(line)
            seen += command_lines()
    printed = "".join(lines)

    assert run.returncode == 0, printed
    assert "AccessSecretVersion" in {request.method for request in cloud.requests}
    assert "experiment=quickstart" in seen
    assert KEY not in seen
    assert KEY not in printed
    [model] = (tmp_path / "outputs" / "local").glob("*/*/model/model.safetensors")
    assert list((tmp_path / "outputs").glob("*/*/wandb/offline-run-*"))
    assert holding(tmp_path) == []
    assert not [request for request in cloud.requests if KEY in str(request)]
    assert model.stat().st_size > 0
