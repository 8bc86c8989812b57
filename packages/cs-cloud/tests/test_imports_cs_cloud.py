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


def test_the_commands_help_loads_no_cloud_library_and_no_other_package():
    loaded = modules_after(
        "from cs_cloud.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    )

    # a client library may leave its namespace in every interpreter, by a .pth file
    loaded -= modules_after("")

    assert "cs_cloud.cli" in loaded
    assert not {name for name in loaded if name.startswith(("google.", "grpc"))}
    assert not loaded & {"hydra", "torch", "cs_data", "cs_model", "cs_train"}
