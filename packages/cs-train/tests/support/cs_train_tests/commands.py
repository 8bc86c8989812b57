"""Calls `cs-train`: in this process, or in one of its own where the process is what is tested."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

from cs_train import cli

# A model that learns in a second. W&B is left out: it would start a service of its own.
SHORT = (
    "model.max_length=48",
    "training.num_epochs=2",
    "wandb.mode=disabled",
    "accelerator=cpu",
)
SMALL = (
    *SHORT,
    "model.num_layers=1",
    "model.hidden_size=16",
    "model.num_heads=2",
    "model.vocab_size=300",
)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def cs_train(folder: Path, *arguments: object, **environment: str) -> Ended:
    """Call the command's `main` in a folder, with variables beside those of this process."""
    out, err = StringIO(), StringIO()
    with (
        chdir(folder),
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "argv", ["cs-train", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as request:
            code = request.code
    assert isinstance(code, int)
    return Ended(code, out.getvalue(), err.getvalue())


def cs_train_process(folder: Path, *arguments: object, **environment: str) -> Ended:
    """Run the command in a folder, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cs_train", *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=300,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
