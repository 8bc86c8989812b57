"""Run a command so that signals meant for it reach it, whoever sends them to this process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


def run_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end and return its exit status, 128 + N where signal N ended it.

    Only the main thread may call this, since it handles signals. The command has nothing to read,
    and a process group of its own: else ^C would reach it twice, from the terminal and from here.

    Raises:
        OSError: the command cannot be run.
    """
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif sys.platform != "win32":  # there the console reaches both
            child.send_signal(number)

    numbers = [getattr(signal, name) for name in _PASSED_ON if hasattr(signal, name)]
    before = {
        number: signal.signal(number, pass_on)
        for number in numbers
        if signal.getsignal(number) != signal.SIG_IGN  # as nohup wants it, for the command too
    }
    try:
        child = subprocess.Popen(  # noqa: S603  the caller's own
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            process_group=None if sys.platform == "win32" else 0,
        )
        for number in early:
            pass_on(number, None)
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - status if status < 0 else status
