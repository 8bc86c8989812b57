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


HEAVY = {"torch", "transformers", "hydra", "wandb", "cs_model", "cs_train"}
EXTRAS = {"dvc", "gcsfs", "aiohttp", "filelock", "huggingface_hub", "matplotlib", "scipy", "yaml"}


def test_preparing_data_needs_no_model_no_configuration_no_tracking_and_no_extra():
    loaded = modules_after("from cs_data import fetch, make_sample, prepare")

    assert "cs_data" in loaded
    assert not loaded & (HEAVY | EXTRAS)


def test_reading_exports_and_choosing_options_needs_no_arrow_and_no_numpy():
    loaded = modules_after("from cs_data import PrepareOptions\nimport cs_data.reading")

    assert "cs_data.reading" in loaded
    assert not loaded & (HEAVY | EXTRAS | {"numpy", "pyarrow", "rich"})
