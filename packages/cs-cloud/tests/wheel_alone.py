"""Proves that the wheel alone can show the settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cs_cloud

settings = Path(__file__).parents[3] / ".gcp/settings.yaml"
command = Path(sys.executable).with_name("cs-cloud")
shown = subprocess.run(
    [command, "settings", "--settings", settings], check=True, stdout=subprocess.PIPE, text=True
).stdout

assert "data_bucket" in shown, shown
print(f"cs-cloud: {len(shown.splitlines()) - 1} settings shown by {cs_cloud.__file__}")
