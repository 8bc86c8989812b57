"""`cs-cloud describe`: tells all about a training job, but no secret."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cs_cloud.commands.options import Commands, add_command, add_jobs, job_settings_of
from cs_cloud.commands.tables import local_time, print_fields, print_json, span
from cs_cloud.durations import format_duration

if TYPE_CHECKING:
    from cs_cloud.jobs.description import JobDescription


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "describe",
        _run,
        summary="tell all about a training job",
        description="Tell all about training jobs. Values of variables are not shown, for one may"
        " be a secret that somebody wrote out.",
    )
    add_jobs(parser)
    parser.add_argument("--json", action="store_true", help="for programs: a list, one job each")


def _run(options: argparse.Namespace) -> None:
    settings = job_settings_of(options)
    from cs_cloud.google.clients import Clients
    from cs_cloud.jobs.description import describe
    from cs_cloud.jobs.lookup import find_jobs

    jobs = find_jobs(Clients(settings.project), settings, options.jobs)
    found = [describe(job) for job in jobs]
    if options.json:
        print_json(found)
        return
    for number, job in enumerate(found):
        if number:
            print()
        print_fields(_fields(job))


def _fields(job: JobDescription) -> Iterator[tuple[str, str]]:
    now = datetime.now(UTC)
    yield "job", f"{job.id}  {job.name}"
    yield "state", f"{job.state}, since {local_time(job.updated)}"
    yield "created", local_time(job.created)
    queued = (job.started or job.ended or now) - job.created
    yield "queued for", format_duration(queued)
    yield "started", local_time(job.started)
    yield "ran for" if job.ended else "has run for", span(job.duration(now)) if job.started else ""
    yield "ended", local_time(job.ended)
    yield "error", job.error
    yield "machine", job.machine
    yield "strategy", job.strategy
    yield "stopped after", format_duration(job.timeout) if job.timeout else ""
    yield "image", job.image if job.image_digest else f"{job.image} (a tag, not a digest)"
    yield "command", shlex.join(job.command)
    yield "arguments", shlex.join(job.args)
    yield from _listed("variables", job.env)
    yield "runs as", job.service_account
    yield "output", job.output
    yield from _listed("labels", job.labels)
    yield "console", job.console


def _listed(name: str, values: dict[str, str]) -> Iterator[tuple[str, str]]:
    for number, (key, value) in enumerate(values.items()):
        yield "" if number else name, f"{key}={value}"
