"""`cs-cloud check`: finds what is wrong with the files of `.gcp/`, without asking the cloud."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cs_cloud.commands.options import Commands, add_command, settings_of
from cs_cloud.errors import CloudError
from cs_cloud.settings_file import deployment_folder


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "check",
        _run,
        summary="check the files of .gcp/, without the cloud",
        description="Read the files of .gcp/ as strictly as Google's own types allow: settings,"
        " jobs (config_*.yaml), triggers (trigger_*.yaml) and builds (all others).",
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="*", type=Path, help="which (default: all of .gcp/)"
    )


def _run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    files = options.files or sorted(deployment_folder(options.settings).glob("*.yaml"))

    from cs_cloud.deployment_files import check_file

    status = 0
    for path in files:
        try:
            check_file(path, settings)
        except CloudError as error:
            print(f"cs-cloud: {error}", file=sys.stderr)
            status = 2
    if not status:
        print(f"{len(files)} files are as they should be")
    return status
