"""Gathers what was run on which data with which versions, so that a run can be repeated."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata

import torch

from cs_data import Splits
from cs_model import Classifier
from cs_train.config import Config
from cs_train.engine.metrics import TrainingStats
from cs_train.outputs.result import Facts

_PACKAGES = ("cs-data", "cs-model", "cs-train", "torch", "transformers", "pyarrow")

_JOB_VARIABLES = {"image": "CS_IMAGE", "submitted from commit": "CS_SUBMITTED_FROM"}


def gather_facts(
    config: Config, splits: Splits, classifier: Classifier, stats: TrainingStats
) -> Facts:
    """Return sections of named facts, as text for people: data, model, training and versions."""
    manifest, tracked = splits.manifest, splits.tracked
    parameters = sum(parameter.numel() for parameter in classifier.model.parameters())
    training = config.training
    planned_steps = stats.steps // stats.epochs * training.num_epochs
    seen = manifest.splits["train"].rows * stats.epochs
    return {
        "Data": {
            "data set": manifest.name,
            "raw file": manifest.raw.file,
            "md5 of the raw file": manifest.raw.md5,
            "generation of the raw file": (tracked and tracked.generation) or "not from a bucket",
            "SHA-256 of the manifest": manifest.digest(),
            "tickets": ", ".join(f"{n}: {s.rows:,}" for n, s in manifest.splits.items()),
            "rejected rows": ", ".join(f"{k}: {n:,}" for k, n in manifest.rejected.items())
            or "none",
            "identical texts": f"{manifest.identical.rows:,} tickets share "
            f"{manifest.identical.texts:,} texts",
            "text": " + ".join(manifest.text_columns),
            "stripped from texts": ", ".join(
                f"{kind.replace('_', ' ')}: {n:,}" for kind, n in manifest.stripped.items()
            )
            or "nothing",
            "label": config.dataset.label_column,
            "seed of the split": str(config.dataset.seed),
        },
        "Model": {
            "encoder": config.model.name or "trained from scratch",
            "architecture": classifier.model.config.model_type,
            "parameters": f"{parameters:,}",
            "tokens read of a ticket": str(classifier.max_length),
            "temperature": f"{classifier.temperature:.3f}",
        },
        "Training": {
            "experiment": config.name,
            "seed": str(config.seed),
            "tickets per step": str(training.tickets_per_step),
            "learning rate": f"{training.learning_rate:g}, {training.schedule}, "
            f"{training.warmup_of(planned_steps)} steps of warm-up",
            "weight decay": f"{training.weight_decay:g}",
            "epochs": f"{stats.epochs} of {training.num_epochs}",
            "steps": f"{stats.steps:,}",
            "time": f"{stats.seconds:.1f} s, {seen / stats.seconds:,.0f} tickets per second",
            "device": _describe_device(classifier.device),
            "precision": classifier.precision,
        },
        "Versions": {
            "git commit": _git_commit(),
            **{
                fact: os.environ[name]
                for fact, name in _JOB_VARIABLES.items()
                if name in os.environ
            },
            "Python": platform.python_version(),
            **{package: metadata.version(package) for package in _PACKAGES},
        },
    }


def _describe_device(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    units = "thread" if threads == 1 else "threads"
    return f"cpu, {threads} {units}" if device.type == "cpu" else "mps"


def _git_commit() -> str:
    """Return the commit of the folder the run was started in, and whether it was changed since.

    An image has no git; it holds the commit that it was built from in CS_COMMIT.
    """
    if image_commit := os.environ.get("CS_COMMIT"):
        return image_commit
    try:
        commit = _git("rev-parse", "HEAD")
        changed = bool(_git("status", "--porcelain"))
    except (OSError, subprocess.SubprocessError):
        return "not in a git checkout"
    return commit + (", with changes" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    ).stdout.strip()
