"""The command `cs-cloud`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from cs_cloud.commands import (
    build,
    builds,
    check,
    doctor,
    follow_job,
    jobs,
    settings,
    submit,
    with_secrets,
)
from cs_cloud.errors import CloudError

_COMMANDS = (settings, check, doctor, build, submit, jobs, follow_job, builds, with_secrets)


class _OneLineParser(argparse.ArgumentParser):
    """Report a wrong argument in one line, as every other mistake; commands inherit it."""

    def error(self, message: str) -> NoReturn:
        """Print the message and leave with exit code 2."""
        self.exit(2, f"cs-cloud: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 2 for what a person can fix, 130 for ^C."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # redirected on Windows it has few characters
    try:
        options = _parse(arguments)
        return options.run(options) or 0
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CloudError, OSError) as error:
        if os.environ.get("CS_TRACEBACK") == "1":
            raise
        print(f"cs-cloud: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments; what argparse leaves over are words behind a flag."""
    parser = _OneLineParser(
        prog="cs-cloud", description="Images and training jobs on Google Cloud.", allow_abbrev=False
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    options, left = parser.parse_known_args(arguments)
    if left and ("words" not in options or any(word.startswith("-") for word in left)):
        options.parser.error(f"unrecognized arguments: {' '.join(left)}")
    if left:
        options.words += left
    return options
