"""The runs of a sweep (-m): announced as they begin, compared by validation scores at the end."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.override_parser.overrides_parser import OverridesParser
from rich.text import Text

from cs_data.atomic_files import atomic_write_text
from cs_data.reports.tables import console, new_table
from cs_train.config.written_lists import written
from cs_train.evaluation.scores import SCORE_NAMES
from cs_train.outputs.run_folder import shortest_path

if TYPE_CHECKING:
    from cs_train.evaluation.scores import Scores
    from cs_train.outputs.result import RunResult

_FILE = "sweep.csv"


@dataclass
class _Run:
    number: int
    values: dict[str, str]
    """What distinguishes it from the other runs, by key."""
    folder: Path | None = None
    monitor: str = "macro_f1"
    scores: Scores | None = None
    """Of the best epoch on the validation split."""
    error: str = "interrupted"


def swept_keys(overrides: Sequence[str]) -> list[str]:
    """Return the keys that have several values on a command line with -m."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return [each.key_or_group for each in parsed if each.is_sweep_override()]


@dataclass
class SweepTable:
    """The values and validation scores of the runs of a sweep."""

    keys: Sequence[str]
    """What is changed from run to run."""
    total: int
    _runs: list[_Run] = field(default_factory=list)

    @property
    def has_failures(self) -> bool:
        """Whether a run has no scores."""
        return any(run.scores is None for run in self._runs)

    def begin(self, number: int, overrides: Sequence[str]) -> str:
        """Announce a run on standard error; return what distinguishes it, to call it by.

        Args:
            number: of the run, from 0.
            overrides: all that the run was given.
        """
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        values = {each.key_or_group: written(each.value()) for each in parsed}
        run = _Run(number, {key: values[key] for key in self.keys if key in values})
        self._runs.append(run)
        changed = "  ".join(f"{key}={value}" for key, value in run.values.items())
        sys.stderr.write(f"\nrun {number} ({number + 1} of {self.total}): {changed}\n")
        sys.stderr.flush()
        return f"run {number} ({changed})"

    def finish(self, result: RunResult) -> None:
        """Record the scores of the run that began last."""
        run = self._runs[-1]
        run.folder, run.scores, run.error = result.folder, result.validation, ""
        run.monitor = result.config.training.monitor

    def fail(self, error: str) -> None:
        """Record why the run that began last came to nothing."""
        self._runs[-1].error = error

    @property
    def best(self) -> _Run | None:
        """The run with the best validation score: the one that all choose their best epoch by.

        Where runs choose by different scores, macro-F1 decides.
        """
        monitors = {run.monitor for run in self._runs if run.scores}
        monitor = monitors.pop() if len(monitors) == 1 else "macro_f1"
        scored = [(run, run.scores.value_of(monitor)) for run in self._runs if run.scores]
        return max(scored, key=itemgetter(1), default=(None, 0.0))[0]

    def save(self, folder: Path) -> None:
        """Write the table as a CSV file into the sweep's folder, if a run has begun."""
        if not self._runs:
            return
        text = StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["run", *self.keys, *SCORE_NAMES, "best", "folder", "error"])
        for run in self._runs:
            scores = [getattr(run.scores, name) if run.scores else "" for name in SCORE_NAMES]
            values = [run.values.get(key, "") for key in self.keys]
            best = "best" if run is self.best else ""
            writer.writerow([run.number, *values, *scores, best, run.folder or "", run.error])
        atomic_write_text(folder / _FILE, text.getvalue())

    def show(self, folder: Path) -> None:
        """Print the table, the best run, and how to compare it."""
        if not self._runs:
            return
        terminal, best = console(), self.best
        headings = ["run", *self.keys, *SCORE_NAMES.values(), ""]
        table = new_table("validation scores of the sweep", *headings)
        for run in self._runs:
            cells = [run.values.get(key, "") for key in self.keys]
            for name in SCORE_NAMES:
                cells.append(f"{getattr(run.scores, name):.3f}" if run.scores else "")
            mark = "best" if run is best else "failed" if run.error else ""
            table.add_row(*map(Text, (str(run.number), *cells, mark)))
        terminal.print(table)
        for run in self._runs:
            if run.error:
                terminal.print(f"run {run.number} failed: {run.error}", soft_wrap=True)
        if best and best.folder:
            terminal.print(f"best:  {shortest_path(best.folder / 'model')}", soft_wrap=True)
        terminal.print(f"table: {shortest_path(folder / _FILE)}", soft_wrap=True)
