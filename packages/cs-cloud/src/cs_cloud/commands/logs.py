"""`cs-cloud logs`: shows what a training job has logged, and goes on as it logs more."""

from __future__ import annotations

import argparse

from cs_cloud.commands.options import Commands, add_command, job_settings_of
from cs_cloud.commands.tables import show
from cs_cloud.errors import CloudError


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "logs",
        _run,
        summary="show the log of a training job",
        description="Show the log of a training job.",
    )
    parser.add_argument(
        "job", metavar="JOB", help="its id or display name, or how one of them begins"
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="go on until the job has ended, states as well"
    )
    parser.add_argument("--tail", metavar="N", type=int, help="begin with the last N lines")


def _run(options: argparse.Namespace) -> None:
    settings = job_settings_of(options)
    if options.tail is not None and options.tail < 1:
        raise CloudError(f"--tail is {options.tail}, but must be 1 or more")
    from cs_cloud.google.clients import Clients
    from cs_cloud.jobs.following import follow
    from cs_cloud.jobs.logs import format_line, has_replicas, job_log
    from cs_cloud.jobs.lookup import find_job, region_of

    clients = Clients(settings.project)
    job = find_job(clients, settings, options.job)
    if options.follow:
        follow(clients, region_of(job.name), job.name, show=show, tail=options.tail)
        return
    log = job_log(clients, job)
    for line in log.last_lines(options.tail) if options.tail else log.all_lines():
        print(format_line(line, with_replica=has_replicas(job)))
