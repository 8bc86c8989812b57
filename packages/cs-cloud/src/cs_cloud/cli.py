"""The command `cs-cloud`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cs_cloud.errors import CloudError
from cs_cloud.settings import KEYS, ResolvedSetting, resolve_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 2 for what a person can put right, 130 for ^C."""
    options = _parser().parse_args(arguments)
    try:
        _print_settings(options)
    except (CloudError, OSError) as error:
        if os.environ.get("CS_TRACEBACK") == "1":
            raise
        print(f"cs-cloud: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cs-cloud", description="Images and training jobs on Google Cloud.", allow_abbrev=False
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    settings = commands.add_parser(
        "settings",
        help="show the settings and where each comes from",
        description="Show the settings and where each comes from: the file .gcp/settings.yaml,"
        " then the variable CS_<KEY>, then a flag here; the later goes before the earlier.",
        allow_abbrev=False,
    )
    settings.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="the file (default: .gcp/settings.yaml here or in the nearest folder above)",
    )
    for key in KEYS:
        settings.add_argument(
            f"--{key.replace('_', '-')}", metavar="TEXT", help=f"in place of {key}"
        )
    return parser


def _print_settings(options: argparse.Namespace) -> None:
    flags = {key: text for key in KEYS if (text := getattr(options, key)) is not None}
    header = ResolvedSetting("setting", "value", "from")
    rows = [header, *resolve_settings(options.settings, overrides=flags)]
    keys = max(len(row.key) for row in rows)
    values = max(len(row.value) for row in rows)
    for row in rows:
        print(f"{row.key:{keys}}  {row.value:{values}}  {row.origin}")
