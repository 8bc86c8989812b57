"""Prints what our packages need from elsewhere, so that a layer changes only when that does."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

projects = [tomllib.loads(Path(path).read_text())["project"] for path in sys.argv[1:]]
ours = tuple(project["name"] for project in projects)
words = {word for project in projects for word in project["dependencies"]}
sys.stdout.writelines(f"{word}\n" for word in sorted(words) if not word.startswith(ours))
