"""`cs-cloud wait`: waits until training jobs have ended, and says by its exit status how."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta

from cs_cloud.commands.options import Commands, add_command, add_jobs, settings_of
from cs_cloud.durations import parse_duration

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


def _run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    timeout = parse_duration(options.timeout) if options.timeout else None
    from cs_cloud.clients import Clients
    from cs_cloud.failures import report_failure
    from cs_cloud.following import follow
    from cs_cloud.jobs import find_jobs, region_of, state_of
    from cs_cloud.polling import StillRunningError

    clients = Clients(settings.project)
    began, status = time.monotonic(), 0
    for job in find_jobs(clients, settings, options.jobs):
        left = None
        if timeout is not None:
            left = timeout - timedelta(seconds=time.monotonic() - began)
        print(f"job {job.name.rpartition('/')[2]} ({job.display_name})", flush=True)
        try:
            ended = follow(
                clients,
                region_of(job.name),
                job.name,
                show=_show,
                deadline=left,
                with_log=False,
            )
        except StillRunningError as error:
            print(f"cs-cloud: {error}", file=sys.stderr)
            return STILL_RUNNING
        if state_of(ended) != "SUCCEEDED":
            status = NOT_SUCCEEDED
            for line in report_failure(clients, ended):
                print(line, file=sys.stderr)
    return status


def _show(text: str) -> None:
    print(text, flush=True)
