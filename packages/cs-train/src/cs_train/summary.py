"""What a person sees at the end of a run: the scores, where the model lies, and how to try it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cs_train.scores import Scores
from cs_train.suggestion import Suggestion, shortest_path


def print_summary(
    console: Console,
    *,
    scores: Scores,
    majority: Scores,
    by_language: Mapping[str, Scores],
    caveat: str | None,
    folder: Path,
    suggestion: Suggestion,
    delivered: str | None = None,
) -> None:
    """Print the scores, what lies in the run's folder, where else it is, and a command to try."""
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
    if caveat:
        console.print(caveat, style="yellow", markup=False, soft_wrap=True)
    for what, name in [("model", "model"), ("report", "report.html"), ("figures", "metrics.json")]:
        console.print(f"{what + ':':9}{shortest_path(folder / name)}", markup=False, soft_wrap=True)
    if delivered is not None:
        console.print(f"{'kept in:':9}{delivered}", markup=False, soft_wrap=True)
    asked = f"\nAsk it about a ticket, this one or your own; this one it calls {suggestion.label}:"
    console.print(asked, markup=False, highlight=False, soft_wrap=True)
    console.print(f"  {suggestion.command}", markup=False, highlight=False, soft_wrap=True)


def _overall(scores: Scores) -> tuple[str, str, str]:
    return f"{scores.rows:,}", f"{scores.macro_f1:.3f}", f"{scores.accuracy:.3f}"
