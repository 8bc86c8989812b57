"""`cs-cloud with-secrets -- COMMAND`: runs a command with the secrets that its environment names.

The command takes this process over, so that signals and the exit status are its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import NoReturn

from cs_cloud.commands.options import Commands
from cs_cloud.errors import CloudError
from cs_cloud.secrets import resolve_secrets

_CANNOT_RUN, _NOT_FOUND = 126, 127  # as shells have it


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "with-secrets",
        usage="cs-cloud with-secrets [-h] -- COMMAND [ARGUMENT ...]",
        help="run a command with the secrets that its environment names",
        description="Run a command in whose environment each variable that names a secret, as"
        " sm://projects/PROJECT/secrets/NAME/versions/VERSION, holds its value, read from Secret"
        " Manager. Where one cannot be read the command is not run.",
        allow_abbrev=False,
    )
    parser.set_defaults(run=_run, parser=parser)
    parser.add_argument(
        "command", metavar="COMMAND", nargs=argparse.REMAINDER, help="and its arguments"
    )


def _run(options: argparse.Namespace) -> int:
    command: list[str] = options.command
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        raise CloudError("no command is given; write: cs-cloud with-secrets -- COMMAND ARGUMENT…")
    program = shutil.which(command[0])
    if program is None:
        print(f"cs-cloud: {command[0]}: there is no such command", file=sys.stderr)
        return _NOT_FOUND
    environ = resolve_secrets(os.environ)
    try:
        if sys.platform == "win32":  # there nobody would wait for a process that takes over
            return subprocess.call([program, *command[1:]], env=environ)  # noqa: S603  as asked
        _become(program, command, environ)
    except OSError as error:
        print(f"cs-cloud: {program}: cannot be run: {error.strerror}", file=sys.stderr)
        return _CANNOT_RUN


def _become(program: str, command: list[str], environ: Mapping[str, str]) -> NoReturn:
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them, and the command would too
    os.execve(program, command, environ)  # noqa: S606  as asked
