"""Print what our packages need from elsewhere, so that a layer changes only when that does."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[([^\]]*)\])?")


def requirements(paths: Iterable[str], *, every_extra: bool = False) -> set[str]:
    """Return the requirements of projects that are not among them.

    Args:
        paths: of the pyproject.toml files.
        every_extra: whether all extras count, or only those that the projects ask of each other.
    """
    projects = {}
    for path in paths:
        project = tomllib.loads(Path(path).read_text(encoding="utf-8"))["project"]
        projects[project["name"]] = project
    words = [word for project in projects.values() for word in project["dependencies"]]
    found = set()
    while words:
        word = words.pop()
        match = _REQUIREMENT.match(word)
        assert match, word
        name, extras = match.groups()
        if name not in projects:
            found.add(word)
        for extra in (extras or "").split(",") if name in projects else ():
            words += projects[name].get("optional-dependencies", {}).get(extra.strip(), [])
    if every_extra:
        for project in projects.values():
            for extra in project.get("optional-dependencies", {}).values():
                found |= {word for word in extra if _name(word) not in projects}
    return found


def _name(requirement: str) -> str:
    match = _REQUIREMENT.match(requirement)
    return match[1] if match else requirement


if __name__ == "__main__":
    sys.stdout.writelines(f"{word}\n" for word in sorted(requirements(sys.argv[1:])))
