"""`cs-cloud submit`: checks a training job, shows its plan, and starts it."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cs_cloud.checks.result import lines_of
from cs_cloud.commands.options import (
    Commands,
    add_command,
    add_flag,
    configured_job_regions,
    job_settings_of,
)
from cs_cloud.commands.tables import print_message, warn
from cs_cloud.deployment_files import find_target, name_of
from cs_cloud.errors import CloudError
from cs_cloud.google.clients import Clients
from cs_cloud.jobs.experiment import Experiment, check_suits, compose_experiment
from cs_cloud.local.local_run import run_local
from cs_cloud.settings import Settings
from cs_cloud.settings_file import deployment_folder
from cs_cloud.working_tree import has_same_code, read_working_tree

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJob, CustomJobSpec
    from cs_cloud.images.image import Image

_LOCAL = "local"


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "submit", _run, "check a training job, show it, and start it")
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="gpu or cpu (.gcp/config_TARGET.yaml), a job file's path, or local: the same job here",
    )
    parser.add_argument(
        "words",
        metavar="EXPERIMENT | KEY=VALUE",
        nargs="*",
        default=[],
        help="an experiment of cs-train, such as best, and any of its settings",
    )
    add_flag(parser, "--dry-run", help="stop after the plan, and print the exact job")
    add_flag(parser, "--wait", help="follow the job's log; 0 only if it succeeded")
    parser.add_argument(
        "--container",
        choices=("auto", "docker", "podman", "none"),
        default="auto",
        help="for local: what runs the job's image; none runs cs-train without one",
    )
    add_flag(parser, "-y", "--yes", help="do not ask")
    add_flag(parser, "--force", help="go on although a check of the deployment fails")
    change = parser.add_argument_group("for this job, in place of the job file's values")
    add_flag(change, "--spot", help="cheaper machines, may be taken away")
    change.add_argument("--machine", metavar="TYPE", help="such as n1-standard-16")
    change.add_argument("--accelerator", metavar="TYPE[:N]", help="such as T4 or V100:2, or none")
    change.add_argument("--timeout", metavar="TIME", help="stop it after, such as 90m or 6h")
    change.add_argument(
        "--env", metavar="NAME=VALUE", action="append", default=[], help="a variable; no secret"
    )


def _run(options: argparse.Namespace) -> int:
    """Check a training job, show its plan and price, ask, and start it on Vertex AI.

    Submitting the same once more while it runs starts nothing. --region A,B tries B where A has no
    room or quota.
    """
    name, overrides = _split(options.words)
    settings = job_settings_of(options)
    local = options.target == _LOCAL
    if not (local or options.yes or options.dry_run or sys.stdin.isatty()):
        raise CloudError("stdin is not a terminal, so nobody can confirm: add --yes, or --dry-run")
    for flag in ("spot", "machine", "accelerator", "timeout") if local else ():
        if getattr(options, flag) not in (None, False):
            raise CloudError(f"--{flag} is about machines of Vertex AI; leave it out with local")
    device = "gpu" if shutil.which("nvidia-smi") else "cpu"
    path = find_target(device if local else options.target, options.settings)
    spec = _read(path, settings, options)
    arguments = spec.worker_pool_specs[0].container_spec.args
    root = deployment_folder(options.settings).resolve().parent
    experiment = compose_experiment(arguments, name, overrides, root)
    if local:
        return _run_here(spec, experiment, options)
    check_suits(experiment, spec)
    clients = Clients(settings.project)
    if not options.dry_run:
        clients.credentials  # noqa: B018  missing ones are reported before anything else
    seen = _check(clients, settings, spec, options)
    image = None
    if seen:
        from cs_cloud.images.image import resolve_image

        image = resolve_image(clients, spec.worker_pool_specs[0].container_spec.image_uri)
    job = _plan(name_of(path), root, spec, experiment, image, settings.job_regions)
    if options.dry_run:
        print_message(job)
        return 0
    if not options.yes and not _confirm():
        warn("nothing was submitted")
        return 1
    return _submit(clients, job, settings.job_regions, options)


def _split(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """Separate the experiment from the settings."""
    names = [word for word in words if "=" not in word]
    if len(names) > 1:
        raise CloudError(
            f"{names[1]}: the experiment is {names[0]} already; settings are written KEY=VALUE"
        )
    return (names[0] if names else None), [word for word in words if "=" in word]


def _read(path: Path, settings: Settings, options: argparse.Namespace) -> CustomJobSpec:
    from cs_cloud.jobs.job_changes import JobChanges
    from cs_cloud.jobs.job_file import read_job_file

    changes = JobChanges(**{one.name: getattr(options, one.name) for one in fields(JobChanges)})
    spec = read_job_file(path, settings)
    if changes == JobChanges(env=[]):
        return spec
    try:
        return read_job_file(path, settings, changes.apply)
    except CloudError as error:  # the file is right, so it is no fault of one of its lines
        place = rf"{re.escape(str(path))}:\d+: "
        raise CloudError(re.sub(place, "with these flags, ", str(error))) from error


def _run_here(spec: CustomJobSpec, experiment: Experiment, options: argparse.Namespace) -> int:
    container = spec.worker_pool_specs[0].container_spec
    container.args = list(experiment.arguments)
    if experiment.version:
        container.env.extend(experiment.version.variables)
    folder = Path("outputs", "local", f"{datetime.now():%Y-%m-%d/%H-%M-%S}")
    warn(f"here, into {folder / 'model'}: cs-train {shlex.join(experiment.arguments)}")
    for key, before, after in experiment.changes:
        warn(f"{key}={after} instead of {before}")
    for text in experiment.warnings:
        warn(f"warning: {text}")
    return 0 if options.dry_run else run_local(spec, folder, warn, container=options.container)


def _check(
    clients: Clients, settings: Settings, spec: CustomJobSpec, options: argparse.Namespace
) -> bool:
    """Check the deployment, and show what fails or could not be checked.

    Return whether anything was seen, which a dry run can do without.
    """
    from cs_cloud.checks.run_checks import preflight

    checks = preflight(clients, settings, [spec], *settings.job_regions)
    credentials, *of_cloud = checks
    if options.dry_run and all(check.outcome == "not checked" for check in of_cloud):
        why = of_cloud[0] if credentials.outcome == "ok" else credentials
        warn(*lines_of(replace(why, outcome="not checked")))
        names = ", ".join(check.name for check in of_cloud)
        warn(f"these were therefore not checked: {names}")
        return False
    others = [check for check in checks if check.outcome != "ok"]
    for check in others:
        warn(*lines_of(check))
    failed = [check for check in others if check.outcome == "failed"]
    if failed and not options.force:
        raise CloudError(
            f"{len(failed)} of {len(checks)} checks failed ({failed[0].name} first), so nothing was"
            " submitted; cs-cloud doctor repeats them, --force submits anyway"
        )
    passed = len(checks) - len(others)
    warn(f"{passed} of {len(checks)} checks passed{', the others above' if others else ''}")
    return True


def _plan(
    target: str,
    root: Path,
    spec: CustomJobSpec,
    experiment: Experiment,
    image: Image | None,
    regions: Sequence[str],
) -> CustomJob:
    """Show what will be sent; return it."""
    from cs_cloud.jobs.job import NOT_KNOWN, make_job
    from cs_cloud.jobs.plan import plan_rows

    tree, now = read_working_tree(root), datetime.now(UTC)
    job = make_job(target, spec, experiment, image, tree, now)
    same_code = image is not None and has_same_code(root, image.commits)
    rows = list(plan_rows(job, experiment, image, tree, regions, now, same_code=same_code))
    width = max(len(name) for name, _ in rows)
    warn(*(f"{name:{width}}  {text}" for name, text in rows))
    if image is None:
        warn(f"known only once the job is submitted: {NOT_KNOWN} and the label `submission`")
    return job


def _confirm() -> bool:
    print("Submit? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _submit(
    clients: Clients, job: CustomJob, regions: Sequence[str], options: argparse.Namespace
) -> int:
    from cs_cloud.google.resources import location_of
    from cs_cloud.jobs.submission import submit
    from cs_cloud.jobs.training_jobs import TrainingJobs, console_link, job_argument

    configured = configured_job_regions(options)
    started, existed = submit(clients, job, regions, warn, searched=configured)
    if existed:
        print("the same job is live already, so no other was started:")
    argument, region = job_argument(started.name, configured), location_of(started.name)
    print(f"job      {started.name}\nconsole  {console_link(started)}")
    print(f"log      cs-cloud logs -f {argument}\nwait     cs-cloud wait {argument}")
    print(f"cancel   cs-cloud cancel {argument}")
    if region not in configured:
        warn(
            f"{region} is not a region of the settings: add it to `fallback_regions`, and commands"
            " find its jobs without --region"
        )
    if not options.wait:
        return 0
    from cs_cloud.commands.follow_job import wait_for

    return wait_for(TrainingJobs(clients, regions), started.name)
