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


def test_a_model_needs_nothing_that_trained_it():
    loaded = modules_after("import cs_model.loading, cs_model.backends.torch_backend")
    loaded -= modules_after("")  # some of Google's packages load their namespace by themselves

    assert "torch" in loaded
    assert not loaded & {"dvc", "google", "hydra", "wandb", "cs_train"}


def test_the_classifier_itself_loads_no_engine():
    loaded = modules_after("from cs_model import Classifier, Prediction, SmallEncoderSize")

    assert "cs_model.classifier" in loaded
    assert not loaded & {"torch", "transformers", "pyarrow"}


def test_the_commands_help_loads_no_torch():
    loaded = modules_after(
        "from cs_model.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    )

    assert "cs_model.cli" in loaded
    assert not loaded & {"torch", "transformers", "pyarrow"}
