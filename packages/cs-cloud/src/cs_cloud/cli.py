"""The command `cs-cloud`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from cs_cloud.commands import (
    build,
    builds,
    cancel,
    check,
    describe,
    doctor,
    jobs,
    logs,
    settings,
    wait,
)
from cs_cloud.errors import CloudError

_COMMANDS = (settings, check, doctor, jobs, describe, logs, wait, cancel, build, builds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 2 for what a person can put right, 130 for ^C."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except (CloudError, OSError) as error:
        if os.environ.get("CS_TRACEBACK") == "1":
            raise
        print(f"cs-cloud: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cs-cloud", description="Images and training jobs on Google Cloud.", allow_abbrev=False
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return parser
