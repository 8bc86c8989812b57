"""`cs-cloud logs`, `wait` and `cancel`: follow training jobs, and end them early."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from cs_cloud.commands.options import Commands, add_command, add_count, add_flag, add_jobs, jobs_of
from cs_cloud.commands.tables import show, warn
from cs_cloud.durations import parse_duration

if TYPE_CHECKING:
    from cs_cloud.jobs.training_jobs import TrainingJobs

NOT_SUCCEEDED, STILL_RUNNING = 1, 3


def add(commands: Commands) -> None:
    """Add the commands."""
    logs = add_command(commands, "logs", _logs, "show the log of a training job")
    add_jobs(logs, nargs=1)
    add_flag(logs, "-f", "--follow", help="go on until the job has ended, states as well")
    add_count(logs, "--tail", "begin with the last N lines")
    wait = add_command(commands, "wait", _wait, "wait until training jobs have ended")
    add_jobs(wait)
    wait.add_argument(
        "--timeout",
        metavar="TIME",
        type=parse_duration,
        help="wait so long in all, such as 2h or 90m (default: for ever)",
    )
    cancel = add_command(commands, "cancel", _cancel, "end training jobs early")
    add_jobs(cancel)
    add_flag(cancel, "--wait", help="until they have ended")


def wait_for(
    jobs: TrainingJobs, name: str, *, deadline: timedelta | None = None, with_log: bool = True
) -> int:
    """Follow the job of a full name until it has ended; return the exit code for its end."""
    from cs_cloud.google.following import Follower, StillRunningError
    from cs_cloud.jobs.failures import report_failure

    try:
        job = Follower(jobs, name, show=show, deadline=deadline, with_log=with_log).run()
    except StillRunningError as error:
        print(f"cs-cloud: {error}", file=sys.stderr)
        return STILL_RUNNING
    if jobs.state_of(job) == "SUCCEEDED":
        return 0
    for line in report_failure(jobs, job):
        print(line, file=sys.stderr)
    return NOT_SUCCEEDED


def _logs(options: argparse.Namespace) -> None:
    """Show the log of a training job."""
    jobs = jobs_of(options)
    from cs_cloud.google.following import Follower
    from cs_cloud.jobs.training_jobs import title_of

    [job] = jobs.find_all(options.jobs)
    if options.follow:
        Follower(jobs, job.name, show=show, tail=options.tail).run()
        return
    lines = jobs.log_of(job, options.tail).all_lines()
    for line in lines:
        print(jobs.format_line(job, line))
    if not lines:
        warn(f"{title_of(job)} has no log lines; it is {jobs.state_of(job)}")


def _wait(options: argparse.Namespace) -> int:
    """Wait until training jobs have ended, and show why one did not succeed.

    Exits with 0 if all succeeded, 1 if one did not, 3 if the time to wait was over first.
    """
    jobs = jobs_of(options)
    from cs_cloud.jobs.training_jobs import title_of

    began, worst = jobs.clients.monotonic(), 0
    for job in jobs.find_all(options.jobs):
        left = None
        if options.timeout is not None:
            waited = timedelta(seconds=jobs.clients.monotonic() - began)
            left = max(options.timeout - waited, timedelta(0))
        show(title_of(job))
        status = wait_for(jobs, job.name, deadline=left, with_log=False)
        worst = max(worst, status)
    return worst


def _cancel(options: argparse.Namespace) -> None:
    """End training jobs early; none of them if one cannot be found."""
    jobs = jobs_of(options)
    from cs_cloud.google.following import Follower
    from cs_cloud.jobs.training_jobs import title_of

    found = jobs.find_all(options.jobs)
    for job in found:
        outcome = "is being cancelled" if jobs.cancel(job.name) else "has ended already"
        show(f"{title_of(job)} {outcome}")
    for job in found if options.wait else ():
        Follower(jobs, job.name, show=show, with_log=False).run()
