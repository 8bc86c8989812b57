"""Report on stderr how far long work is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_SECONDS_BETWEEN_LINES = 15.0


class Progress:
    """Progress of one task; nothing is printed if that ends soon."""

    def __init__(self, task: str, total: int, quiet_seconds: float = 2.0) -> None:
        self._task = task
        self._total = total
        self._next = time.monotonic() + quiet_seconds
        self._bar: Bar | None = None
        self._open = ExitStack()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def update(self, done: int) -> None:
        """Report how much of the total is done."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)
        elif time.monotonic() >= self._next:
            if sys.stderr.isatty():
                self._bar = self._show_bar(done)
            else:
                sys.stderr.write(f"{self._task}: {done / self._total:.0%}\n")
                self._next = time.monotonic() + _SECONDS_BETWEEN_LINES

    def _show_bar(self, done: int) -> Bar:
        from rich.console import Console
        from rich.progress import Progress as Bar

        bar = self._open.enter_context(Bar(console=Console(stderr=True), transient=True))
        bar.add_task(self._task, total=self._total, completed=done)
        return bar
