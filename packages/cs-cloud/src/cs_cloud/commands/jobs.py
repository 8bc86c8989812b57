"""`cs-cloud jobs`: lists the training jobs."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from cs_cloud.commands.options import Commands, add_command, job_settings_of
from cs_cloud.commands.tables import age_of, print_json, print_table, span
from cs_cloud.errors import CloudError


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "jobs",
        _run,
        summary="list the training jobs",
        description="List the training jobs of `region` and `fallback_regions`, or of --region A,B"
        " alone, the newest first.",
    )
    parser.add_argument("--state", metavar="STATE", default="", help="only those, such as RUNNING")
    parser.add_argument(
        "--label",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="only those that bear this label, such as experiment=best; may be repeated",
    )
    parser.add_argument(
        "--limit", metavar="N", type=int, default=20, help="at most so many (default: 20)"
    )
    parser.add_argument("--json", action="store_true", help="for programs, not for people")


def _run(options: argparse.Namespace) -> None:
    settings = job_settings_of(options)
    if options.limit < 1:
        raise CloudError(f"--limit is {options.limit}, but must be 1 or more")
    labels = {}
    for text in options.label:
        key, sign, value = text.partition("=")
        if not key or not sign:
            raise CloudError(f"--label is {text!r}, but must be KEY=VALUE")
        labels[key] = value
    from cs_cloud.google.clients import Clients
    from cs_cloud.jobs.description import summarize
    from cs_cloud.jobs.lookup import list_jobs

    found = list_jobs(
        Clients(settings.project), settings, state=options.state, labels=labels, limit=options.limit
    )
    jobs = [summarize(job) for job in found]
    if options.json:
        print_json(jobs)
        return
    if not jobs:
        print(f"no such jobs in {settings.project}, {' and '.join(settings.job_regions)}")
        return
    now = datetime.now(UTC)
    several = len(settings.job_regions) > 1
    print_table(
        ("id", "name", "state", "age", "ran for", "machine", "experiment", *["region"] * several),
        [
            (
                job.id,
                job.name,
                job.state,
                age_of(job.created, now),
                span(job.duration(now)),
                job.machine,
                job.experiment,
                *[job.region] * several,
            )
            for job in jobs
        ],
    )
