"""Proves that the wheel alone can carry its configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cs_train

command = Path(sys.executable).with_name("cs-train")
shown = subprocess.run(
    [command, "--cfg", "job"], check=True, stdout=subprocess.PIPE, text=True
).stdout

assert "learning_rate" in shown, shown
assert "site-packages" in cs_train.__file__
print(f"cs-train: {len(shown.splitlines())} lines of configuration from {cs_train.__file__}")
