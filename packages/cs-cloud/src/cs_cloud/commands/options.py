"""What the commands have in common: how one is added, and the options that several take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cs_cloud.errors import CloudError
from cs_cloud.google.clients import Clients
from cs_cloud.settings import KEYS, WORDS, Settings, flag_of, load_settings, split_regions

if TYPE_CHECKING:
    from cs_cloud.jobs.training_jobs import TrainingJobs

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    summary: str,
    description: str = "",
) -> argparse.ArgumentParser:
    """Add a command that takes the flags of the settings; return its parser for its own ones.

    `run` returns the exit code; None is 0. The summary is for the list of commands, the description
    for the command's own help: by default the docstring of `run`.
    """
    text = description or run.__doc__ or summary
    parser = commands.add_parser(name, help=summary, description=text, allow_abbrev=False)
    parser.set_defaults(run=run, parser=parser)
    group = parser.add_argument_group("the deployment, in place of .gcp/settings.yaml")
    group.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="the file (default: .gcp/settings.yaml here or in the nearest folder above)",
    )
    for key in KEYS:
        group.add_argument(flag_of(key), metavar="TEXT", help=WORDS[key])
    return parser


def add_flag(parser: argparse._ActionsContainer, *names: str, help: str) -> None:
    """Add an option without a value."""
    parser.add_argument(*names, action="store_true", help=help)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json: a list of objects."""
    add_flag(parser, "--json", help="a list of objects, for programs")


def add_count(
    parser: argparse.ArgumentParser,
    flag: str,
    help: str,
    default: int | None = None,
) -> None:
    """Add an option whose value is a number of at least 1."""

    def count(text: str) -> int:
        if not text.removeprefix("-").isdecimal():
            raise CloudError(f"{flag} must be a whole number, got {text!r}")
        if int(text) < 1:
            raise CloudError(f"{flag} must be at least 1, got {text}")
        return int(text)

    parser.add_argument(flag, metavar="N", type=count, default=default, help=help)


def add_jobs(parser: argparse.ArgumentParser, nargs: int | str = "+") -> None:
    """Add the argument that names one job or several: a list of text, `jobs`."""
    parser.add_argument(
        "jobs",
        metavar="JOB",
        nargs=nargs,
        help="a job's id, display name or resource name, or how its id or name begins",
    )


def overrides_of(options: argparse.Namespace) -> dict[str, str]:
    """Return the settings that were given as flags."""
    return {key: text for key in KEYS if (text := getattr(options, key)) is not None}


def settings_of(options: argparse.Namespace, **changes: str | None) -> Settings:
    """Load the settings, with the flags of a command, some of them changed."""
    changed = argparse.Namespace(**{**vars(options), **changes})
    return load_settings(options.settings, overrides=overrides_of(changed))


def job_settings_of(options: argparse.Namespace) -> Settings:
    """Load the settings for a command about jobs, whose --region may name several: A,B.

    Jobs then have these regions and no others: the first is `region`, the others are its fallbacks.
    """
    texts = split_regions(options.region or "")
    if not texts:
        return settings_of(options)
    first, *others = (settings_of(options, region=text) for text in texts)
    regions = [*(other.region for other in others), *split_regions(options.fallback_regions or "")]
    return replace(first, fallback_regions=",".join(regions))


def jobs_of(options: argparse.Namespace) -> TrainingJobs:
    """Return the jobs of a deployment, in the regions that the settings or --region name."""
    settings = job_settings_of(options)
    from cs_cloud.jobs.training_jobs import TrainingJobs

    return TrainingJobs(Clients(settings.project), settings.job_regions)


def configured_job_regions(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the regions in which a command without flags for regions looks for jobs."""
    try:
        return settings_of(options, region=None, fallback_regions=None).job_regions
    except CloudError:  # it is the flag alone that names a region
        return ()
