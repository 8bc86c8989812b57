"""What tables on the terminal are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from rich import box
from rich.bar import Bar
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table

MAX_LABELS = 25
MAX_LANGUAGES = 8
_BAR_WIDTH = 28

Counts = npt.NDArray[np.int64]


class _Terminal(Console):
    """Raise, where rich would exit with code 1, that the reader has left (`| head`)."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Bar(Bar):
    """Drawn with `#` where the output has no block characters (Windows, redirected)."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.ascii_only:
            yield Segment("#" * int(_BAR_WIDTH * self.end / self.size), self.style)
        else:
            yield from super().__rich_console__(console, options)


def console() -> Console:
    """Return the terminal; no text is interpreted as markup."""
    return _Terminal(highlight=False, markup=False)


def new_table(title: str, first: str, *numbers: str) -> Table:
    """Return a table whose first column holds names, and the others numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(first, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def largest_rows(names: Sequence[str], counts: Counts, limit: int) -> tuple[list[str], Counts]:
    """Return the rows of the largest names, in their order, and the sum of the others as one."""
    if len(names) <= limit:
        return list(names), counts
    largest = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[: limit - 1])
    others = counts.sum(axis=0) - counts[largest].sum(axis=0)
    shown = [names[at] for at in largest]
    return [*shown, f"{len(names) - len(shown)} more"], np.vstack([counts[largest], others])


def numbers(row: Iterable[int]) -> list[str]:
    """Format numbers with separators of thousands."""
    return [f"{number:,}" for number in row]


def bar(value: float, largest: float) -> Bar:
    """Return a bar, as long as the value is beside the largest one."""
    return _Bar(largest, 0, value, width=_BAR_WIDTH, color="cyan")
