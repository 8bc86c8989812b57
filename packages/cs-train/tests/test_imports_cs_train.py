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


def test_the_configuration_is_checked_before_anything_heavy_is_loaded():
    loaded = modules_after("import cs_train.config")

    assert "cs_train.config" in loaded
    assert not loaded & {"torch", "transformers", "wandb", "pyarrow", "matplotlib"}
    assert not loaded & {"cs_cloud", "dvc", "gcsfs", "huggingface_hub", "tokenizers"}
