"""What a person sees at the end of a run: the scores, where the model lies, and how to try it."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cs_train.scores import Scores

_EXAMPLE = "Nobody can log in since this morning, and there is no workaround."


def try_command(model: Path) -> str:
    """Return the shell command that asks the model, as it can be typed in this folder."""
    beside = Path(sys.executable).with_name("cs-model")
    found = shutil.which("cs-model")
    on_path = found is not None and Path(found).resolve() == beside.resolve()
    program = "cs-model" if on_path else _shortest(beside)
    return f"{shlex.quote(program)} predict {shlex.quote(_shortest(model))} {shlex.quote(_EXAMPLE)}"


def print_summary(
    console: Console,
    *,
    scores: Scores,
    majority: Scores,
    by_language: Mapping[str, Scores],
    folder: Path,
    delivered: str | None = None,
) -> None:
    """Print the table of scores, what lies in the run's folder, and where else the model is."""
    table = Table(
        "test split", "tickets", "macro-F1", "accuracy", "precision", "recall", "F1", title=None
    )
    for column in table.columns[1:]:
        column.justify = "right"
    blank = ("", "", "")
    for name, one in [("all", scores), ("majority guess", majority)]:
        table.add_row(name, *_overall(one), *blank)
    table.add_section()
    for each in scores.classes:
        figures = (each.precision, each.recall, each.f1)
        table.add_row(Text(each.label), f"{each.support:,}", "", "", *(f"{x:.3f}" for x in figures))
    if len(by_language) > 1:
        table.add_section()
        for name, one in by_language.items():
            table.add_row(Text(name), *_overall(one), *blank)
    console.print(table)
    for what, name in [("model", "model"), ("report", "report.html"), ("figures", "metrics.json")]:
        console.print(f"{what + ':':9}{_shortest(folder / name)}", markup=False, soft_wrap=True)
    if delivered is not None:
        console.print(f"{'kept in:':9}{delivered}", markup=False, soft_wrap=True)
    console.print("\nAsk it about a ticket of your own:", markup=False)
    console.print(f"  {try_command(folder / 'model')}", markup=False, soft_wrap=True)


def _overall(scores: Scores) -> tuple[str, str, str]:
    return f"{scores.rows:,}", f"{scores.macro_f1:.3f}", f"{scores.accuracy:.3f}"


def _shortest(path: Path) -> str:
    """Return a path relative to this folder if that is shorter."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        return str(path)
    return min(str(path.absolute()), relative, key=len)
