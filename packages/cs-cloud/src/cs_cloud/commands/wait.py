"""`cs-cloud wait`: waits until training jobs have ended, and says by its exit status how."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from cs_cloud.commands.options import Commands, add_command, add_jobs, job_settings_of
from cs_cloud.commands.tables import show
from cs_cloud.durations import parse_duration

if TYPE_CHECKING:
    from cs_cloud.google.clients import Clients

NOT_SUCCEEDED, STILL_RUNNING = 1, 3


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "wait",
        _run,
        summary="wait until training jobs have ended",
        description="Wait until training jobs have ended, and say of each that did not succeed why."
        " Exits with 0 if all succeeded, 1 if one did not, 3 if the time to wait was over first.",
    )
    add_jobs(parser)
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        help="wait so long in all, such as 2h or 90m (default: for ever)",
    )


def wait_for(
    clients: Clients,
    region: str,
    name: str,
    *,
    deadline: timedelta | None = None,
    with_log: bool = True,
) -> int:
    """Show how a job goes until it has ended, and return the exit status that says how.

    Args:
        clients: the clients.
        region: where the job runs.
        name: its full name.
        deadline: how long to wait; by default as long as it takes.
        with_log: whether to show what it logs too.

    Raises:
        CloudError: the job cannot be read.
    """
    from cs_cloud.google.polling import StillRunningError
    from cs_cloud.jobs.failures import report_failure
    from cs_cloud.jobs.following import follow
    from cs_cloud.jobs.lookup import state_of

    try:
        job = follow(clients, region, name, show=show, deadline=deadline, with_log=with_log)
    except StillRunningError as error:
        print(f"cs-cloud: {error}", file=sys.stderr)
        return STILL_RUNNING
    if state_of(job) == "SUCCEEDED":
        return 0
    for line in report_failure(clients, job):
        print(line, file=sys.stderr)
    return NOT_SUCCEEDED


def _run(options: argparse.Namespace) -> int:
    settings = job_settings_of(options)
    timeout = parse_duration(options.timeout) if options.timeout else None
    from cs_cloud.google.clients import Clients
    from cs_cloud.jobs.lookup import find_jobs, id_of, region_of

    clients = Clients(settings.project)
    jobs = find_jobs(clients, settings, options.jobs)
    began, worst = time.monotonic(), 0
    for job in jobs:
        left = None
        if timeout is not None:
            left = max(timeout - timedelta(seconds=time.monotonic() - began), timedelta(0))
        show(f"job {id_of(job)} ({job.display_name})")
        status = wait_for(clients, region_of(job.name), job.name, deadline=left, with_log=False)
        worst = max(worst, status)
    return worst
