"""The losses of a short deterministic run, step by step: a change of structure must not move one.

Run this file as a program to record them anew, after a change that is meant to move them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from rich.console import Console

from cs_data import make_sample
from cs_train.config import compose
from cs_train.splits import fetch_splits
from cs_train.training_run import run

GOLDEN = Path(__file__).with_name("golden_losses.json")
OVERRIDES = (
    "dataset=custom",
    "seed=7",
    "accelerator=cpu",
    "precision=fp32",
    "training.deterministic=true",
    "training.num_epochs=2",
    "training.batch_size=8",
    "training.gradient_accumulation_steps=2",
    "training.micro_batch_tokens=512",
    "training.class_weights=true",
    "training.warmup_steps=5",
    "training.keep_best=2",
    "wandb.mode=disabled",
)


def machine() -> dict[str, str]:
    """What decides the last bits of a sum: the version of torch and the kernels it chooses."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    vendor = next((line.split(": ")[1] for line in lines if line.startswith("vendor_id")), "")
    capability = torch.backends.cpu.get_cpu_capability()
    return {"torch": torch.__version__, "cpu_capability": capability, "cpu_vendor": vendor}


def train(folder: Path) -> list[dict[str, Any]]:
    """Train on one thread; return the loss, and of steps the gradient norm, of every point."""
    make_sample(folder / "t.csv", rows=400)
    own = (f"dataset.path={folder / 't.csv'}", f"dataset.data_dir={folder / 'data'}")
    config = compose([*OVERRIDES, *own])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run(config, fetch_splits(config.dataset), folder, Console(stderr=True))
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(mode=False)
    points = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    names = ("loss", "gradient_norm")
    return [
        {"kind": point["kind"], "step": point["step"]}
        | {name: point[name].hex() for name in names if name in point}
        for point in points
    ]


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def points(tmp_path_factory) -> list[dict[str, Any]]:
    return train(tmp_path_factory.mktemp("golden"))


def test_the_losses_are_the_recorded_ones_to_the_bit(golden, points):
    if golden["machine"] != machine():
        pytest.skip(f"recorded with {golden['machine']}, compared within 0.1 % here: {machine()}")
    assert points == golden["points"]


def test_the_losses_are_close_to_the_recorded_ones_on_every_machine(golden, points):
    assert [point.keys() for point in points] == [point.keys() for point in golden["points"]]
    for point, recorded in zip(points, golden["points"], strict=True):
        for name in recorded.keys() & {"loss", "gradient_norm"}:
            expected = pytest.approx(float.fromhex(recorded[name]), rel=1e-3)
            assert float.fromhex(point[name]) == expected, (name, recorded)


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        recorded = {"machine": machine(), "points": train(Path(scratch))}
    GOLDEN.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    sys.stderr.write(f"recorded: {len(recorded['points'])} points in {GOLDEN}\n")
