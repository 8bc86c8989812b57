"""Run a command so that what a person can correct ends with one line and exit code 2."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class OneLineParser(argparse.ArgumentParser):
    """Report a wrong argument in one line, as every other mistake."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help at once, not at exit, where a closed pipe could not be handled."""
        super().print_help(file)
        sys.stdout.flush()

    def error(self, message: str) -> NoReturn:
        """Print the message and leave with exit code 2."""
        self.exit(2, f"{self.prog.split()[0]}: {message}; see {self.prog} --help\n")


def run_command(
    program: str, action: Callable[[], int | None], expected: tuple[type[Exception], ...]
) -> int:
    """Run a command and return its exit code.

    Args:
        program: name of the command, which its error messages begin with.
        action: does the work; its return value is the exit code, None for 0.
        expected: exceptions that a person can cause and correct. OSError always is one.

    Returns:
        The exit code: 2 after an expected exception, 130 after Ctrl-C, 0 where the reader of
        standard output has left early (`| head`).
    """
    correctable: tuple[type[Exception], ...] = (*expected, OSError)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started this, as `>&-` does
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Redirected on Windows it has few characters: a table with a question mark is better than
        # half a table. Standard error replaces what it cannot write by itself.
        sys.stdout.reconfigure(errors="replace")
    try:
        code = action() or 0
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more at exit, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except correctable as error:
        return report_error(program, error)
    except KeyboardInterrupt:
        return 130
    return code


def data_output() -> TextIO:
    r"""Return standard output for data that programs read: UTF-8 with `\n`, whatever the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    return sys.stdout


def report_error(program: str, error: Exception, context: str = "") -> int:
    """Print an error as one line, or as a traceback where CS_TRACEBACK=1; return exit code 2.

    Args:
        program: name of the command.
        error: what was raised.
        context: put in front of the message, for example which run of a sweep failed.
    """
    if os.environ.get("CS_TRACEBACK") == "1":
        traceback.print_exception(error)
    print(f"{program}: {context}{one_line(error)}", file=sys.stderr)
    return 2


def one_line(error: Exception) -> str:
    """Return the message of an error on one line; of an OSError, the file and the reason."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__
