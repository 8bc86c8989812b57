from __future__ import annotations

import subprocess
import sys


def modules_after(code: str) -> set[str]:
    """Names of every module that a fresh interpreter holds once it has run the code."""
    ask = f"{code}\nimport sys\nprint('MODULES', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", ask], check=True, capture_output=True, text=True, timeout=120
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


def test_preparing_data_needs_no_model_no_configuration_and_no_tracking():
    loaded = modules_after("from cs_data import fetch, make_sample, prepare")

    assert "cs_data" in loaded
    assert not loaded & {"torch", "transformers", "hydra", "wandb", "cs_model", "cs_train"}
