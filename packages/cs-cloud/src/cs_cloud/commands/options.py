"""What the commands have in common: how one is added, and the flags that name a deployment."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from cs_cloud.errors import CloudError
from cs_cloud.settings import KEYS, Settings, load_settings, split_regions

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    *,
    summary: str,
    description: str,
) -> argparse.ArgumentParser:
    """Add a command that takes the flags of the settings; return its parser for its own ones.

    Args:
        commands: where to.
        name: what a person types.
        run: does it, and returns the exit status; None is 0.
        summary: a few words for the list of commands.
        description: whole sentences for its own help.
    """
    parser = commands.add_parser(name, help=summary, description=description, allow_abbrev=False)
    parser.set_defaults(run=run)
    group = parser.add_argument_group("the deployment, where it is not as .gcp/settings.yaml says")
    group.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="the file (default: .gcp/settings.yaml here or in the nearest folder above)",
    )
    for key in KEYS:
        group.add_argument(
            f"--{key.replace('_', '-')}", metavar="TEXT", help=f"in place of `{key}`"
        )
    return parser


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names one job or several: a list of text, `jobs`."""
    parser.add_argument(
        "jobs",
        metavar="JOB",
        nargs="+",
        help="a job's id, display name or resource name, or how its id or name begins",
    )


def overrides_of(options: argparse.Namespace) -> dict[str, str]:
    """Return the settings that were given as flags."""
    return {key: text for key in KEYS if (text := getattr(options, key)) is not None}


def settings_of(options: argparse.Namespace) -> Settings:
    """Load the settings as the flags of a command say.

    Raises:
        CloudError: as `load_settings` does.
    """
    return load_settings(options.settings, overrides=overrides_of(options))


def job_settings_of(options: argparse.Namespace) -> Settings:
    """Do as `settings_of` does for a command about jobs, whose --region may name several: A,B.

    Jobs then have these regions and no others: the first is `region`, the others are its fallbacks.

    Raises:
        CloudError: as `load_settings` does, for each region.
    """
    texts = split_regions(options.region or "")
    if not texts:
        return settings_of(options)
    first, *others = (settings_of(_with(options, region=text)) for text in texts)
    regions = [*(other.region for other in others), *split_regions(options.fallback_regions or "")]
    return replace(first, fallback_regions=",".join(regions))


def configured_job_regions(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the regions in which a command without flags for regions looks for jobs."""
    try:
        return settings_of(_with(options, region=None, fallback_regions=None)).job_regions
    except CloudError:  # it is the flag alone that names a region
        return ()


def _with(options: argparse.Namespace, **changes: str | None) -> argparse.Namespace:
    return argparse.Namespace(**{**vars(options), **changes})
