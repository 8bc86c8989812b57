"""`cs-cloud doctor`: shows what of a deployment does not work, and how to fix it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cs_cloud.checks.result import Check, lines_of
from cs_cloud.commands.options import Commands, add_command, settings_of
from cs_cloud.deployment_files import find_target, job_files
from cs_cloud.errors import CloudError
from cs_cloud.settings_file import deployment_folder

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec
    from cs_cloud.settings import Settings

_COLOURS = {"ok": "32", "failed": "1;31", "not checked": "33"}


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "doctor",
        _run,
        summary="show what does not work, and how to fix it",
        description="Check the settings, the job files, this machine, and everything in the cloud"
        " that their jobs need. Nothing is changed, and no secret is read. Under what failed stands"
        " the command that fixes it. Exits with 2 if something failed; what could not be checked"
        " (--) is no failure.",
    )
    parser.add_argument(
        "targets",
        metavar="TARGET",
        nargs="*",
        help="gpu or cpu (.gcp/config_TARGET.yaml), or a job file's path (default: all there are)",
    )
    parser.add_argument("--json", action="store_true", help="a list of objects, for programs")


def _run(options: argparse.Namespace) -> int:
    paths = [find_target(name, options.settings) for name in options.targets]
    checks = []
    for check in _checks(options, paths):
        checks.append(check)
        if not options.json:
            print(*_painted(check), sep="\n", flush=True)
    if options.json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    return 2 if any(check.outcome == "failed" for check in checks) else 0


def _checks(options: argparse.Namespace, paths: Sequence[Path]) -> Iterator[Check]:
    from cs_cloud.local.checks import check_this_machine

    settings, jobs = None, []
    try:
        settings = settings_of(options)
    except CloudError as error:
        yield Check("settings", "failed", str(error))
    else:
        yield Check("settings", "ok", f"project {settings.project}, region {settings.region}")
        for check, job in _job_files(options, paths, settings):
            yield check
            jobs += [job] if job else []
    yield from check_this_machine()
    if settings is None:
        yield Check("the cloud", "not checked", "not without the settings")
        return

    from cs_cloud.checks.run_checks import preflight
    from cs_cloud.google.clients import Clients

    yield from preflight(Clients(settings.project), settings, jobs, *settings.job_regions)


def _job_files(
    options: argparse.Namespace, paths: Sequence[Path], settings: Settings
) -> Iterator[tuple[Check, CustomJobSpec | None]]:
    from cs_cloud.jobs.job_file import read_job_file

    try:
        folder = deployment_folder(options.settings)
        problem = f"{folder}: holds no job file; write one, config_gpu.yaml say"
        paths = paths or job_files(folder)
    except CloudError as error:
        problem = str(error)
    if not paths:
        yield Check("job files", "failed", problem), None
    for path in paths:
        name = f"job file {path.name}"
        try:
            job = read_job_file(path, settings)
        except CloudError as error:
            yield Check(name, "failed", str(error)), None
        else:
            yield Check(name, "ok", "is well-formed"), job


def _painted(check: Check) -> tuple[str, ...]:
    first, *fix = lines_of(check)
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        word, space, rest = first.partition(" ")
        first = f"\033[{_COLOURS[check.outcome]}m{word}\033[0m{space}{rest}"
    return first, *fix
