"""What the tests of the checks share: a deployment without fault, and a way to run them in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cs_cloud import Settings
from cs_cloud.checks.result import Check
from cs_cloud.checks.run_checks import preflight
from cs_cloud.google.clients import Clients
from cs_cloud.jobs.job_file import read_job_file
from fake_google_cloud import FakeCloud


@dataclass(frozen=True)
class Made:
    """The checks that were made, all and by what became of them."""

    all: tuple[Check, ...]

    @property
    def ok(self) -> list[Check]:
        return [check for check in self.all if check.outcome == "ok"]

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.all if check.outcome == "failed"]

    @property
    def unseen(self) -> list[Check]:
        return [check for check in self.all if check.outcome == "not checked"]

    def __getitem__(self, name: str) -> Check:
        [found] = [check for check in self.all if check.name == name]
        return found


@pytest.fixture
def ready(cloud: FakeCloud, settings: Settings) -> FakeCloud:
    cloud.add_image(settings.registry, "train")
    return cloud


@pytest.fixture
def run(ready: FakeCloud, settings: Settings, a_job: str, write_yaml: Callable[[str], Path]):
    """Runs the checks of a job, in whose file some texts are replaced by others."""

    def run(*changes: tuple[str, str], project: str = "", deadline: float = 10) -> Made:
        text = a_job
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        job = read_job_file(write_yaml(text), settings)
        ours = replace(settings, project=project or settings.project)
        clients = Clients(ours.project, ready.environment)
        return Made(preflight(clients, ours, [job], settings.region, deadline=deadline))

    return run
