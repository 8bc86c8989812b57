"""Sends log lines to the terminal, and dated ones to train.log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from cs_train.outputs.run_folder import LOG

_OURS = ("cs_train", "cs_data", "cs_model")


@contextmanager
def log_to(folder: Path) -> Iterator[Console]:
    """Log into a run's folder and to standard error; yield the console that a bar may share."""
    file = logging.FileHandler(folder / LOG, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    console = Console(stderr=True)
    terminal = _ConsoleHandler(console)
    terminal.addFilter(_is_for_people)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for handler in (file, terminal):
        root.addHandler(handler)
    try:
        yield console
    finally:
        for handler in (file, terminal):
            root.removeHandler(handler)
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        file.close()


class _ConsoleHandler(logging.Handler):
    """Prints lines above the progress bar, each as long as it is."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        prefix = f"{record.levelname.lower()}: " if record.levelno > logging.INFO else ""
        line = prefix + record.getMessage()
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _is_for_people(record: logging.LogRecord) -> bool:
    """Return whether a line is our own or a library's error; its warnings are in the file."""
    return record.name.partition(".")[0] in _OURS or record.levelno >= logging.ERROR
