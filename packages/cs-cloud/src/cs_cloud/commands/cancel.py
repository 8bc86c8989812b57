"""`cs-cloud cancel`: ends training jobs before their time."""

from __future__ import annotations

import argparse

from cs_cloud.commands.options import Commands, add_command, add_jobs, job_settings_of
from cs_cloud.commands.tables import show


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "cancel",
        _run,
        summary="end training jobs before their time",
        description="End training jobs before their time. If one of them cannot be found, none is"
        " cancelled.",
    )
    add_jobs(parser)
    parser.add_argument("--wait", action="store_true", help="until they have ended")


def _run(options: argparse.Namespace) -> None:
    settings = job_settings_of(options)
    from cs_cloud.google.clients import Clients
    from cs_cloud.jobs.following import follow
    from cs_cloud.jobs.lookup import cancel_job, find_jobs, id_of, region_of

    clients = Clients(settings.project)
    jobs = find_jobs(clients, settings, options.jobs)
    for job in jobs:
        told = f"job {id_of(job)} ({job.display_name})"
        if cancel_job(clients, job.name):
            print(f"{told} is being cancelled", flush=True)
        else:
            print(f"{told} has ended already", flush=True)
    if options.wait:
        for job in jobs:
            follow(clients, region_of(job.name), job.name, show=show, with_log=False)
