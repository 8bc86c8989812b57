"""What the commands have in common: how one is added, and the flags that name a deployment."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from cs_cloud.settings import KEYS, Settings, load_settings

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
