"""`cs-cloud jobs` and `cs-cloud describe`: list training jobs, and show all about some."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cs_cloud.commands.options import Commands, add_command, add_count, add_jobs, add_json, jobs_of
from cs_cloud.commands.tables import local_time, print_details, print_table, span
from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from cs_cloud.jobs.description import JobDescription, JobSummary


def add(commands: Commands) -> None:
    """Add the commands."""
    listing = add_command(commands, "jobs", _list, "list the training jobs")
    listing.add_argument("--state", metavar="STATE", default="", help="only those, such as RUNNING")
    listing.add_argument(
        "--label",
        metavar="KEY=VALUE",
        type=_label,
        action="append",
        default=[],
        help="only those that bear this label, such as experiment=best; may be repeated",
    )
    add_count(listing, "--limit", "at most so many (default: 20)", 20)
    add_json(listing)
    describing = add_command(commands, "describe", _describe, "show all about training jobs")
    add_jobs(describing)
    add_json(describing)


def _label(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise CloudError(f"--label must be KEY=VALUE, got {text!r}")
    return key, value


def _list(options: argparse.Namespace) -> None:
    """List the training jobs, the newest first.

    They are those of `region` and `fallback_regions`, or of --region A,B alone.
    """
    jobs = jobs_of(options)
    from cs_cloud.jobs.description import summarize

    found = jobs.matching(state=options.state, labels=dict(options.label), limit=options.limit)
    now = datetime.now(UTC)
    columns: dict[str, Callable[[JobSummary], str]] = {
        "id": lambda job: job.id,
        "name": lambda job: job.name,
        "state": lambda job: job.state,
        "age": lambda job: format_duration(now - job.created),
        "ran for": lambda job: span(job.duration(now)),
        "machine": lambda job: job.machine,
        "experiment": lambda job: job.experiment,
    }
    if len(jobs.locations) > 1:
        columns["region"] = lambda job: job.region
    empty = f"no such jobs in {jobs.where}"
    print_table([summarize(job) for job in found], columns, as_json=options.json, empty=empty)


def _describe(options: argparse.Namespace) -> None:
    """Show all about training jobs, but no value of a variable: one may be a secret written out."""
    jobs = jobs_of(options)
    from cs_cloud.jobs.description import describe

    found = [describe(job) for job in jobs.find_all(options.jobs)]
    print_details(found, _fields, as_json=options.json)


def _fields(job: JobDescription) -> Iterator[tuple[str, str]]:
    now = datetime.now(UTC)
    yield "job", f"{job.id}  {job.name}"
    yield "state", f"{job.state}, since {local_time(job.updated)}"
    yield "created", local_time(job.created)
    yield "queued for", format_duration((job.started or job.ended or now) - job.created)
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
