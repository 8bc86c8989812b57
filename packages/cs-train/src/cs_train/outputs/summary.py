"""What a person sees at the end of a run: the scores, where the model is, and how to try it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cs_train.evaluation.scores import Scores
from cs_train.outputs.result import RunResult
from cs_train.outputs.suggestion import shortest_path


def print_summary(console: Console, result: RunResult) -> None:
    """Print the scores, the paths of what was written, and a command to try the model."""
    test = result.test
    table = Table(
        "test split", "tickets", "macro-F1", "accuracy", "precision", "recall", "F1", title=None
    )
    for column in table.columns[1:]:
        column.justify = "right"
    blank = ("", "", "")
    for name, scores in [("all", test.scores), *test.baselines.items()]:
        table.add_row(name, *_overall(scores), *blank)
    table.add_section()
    for each in test.scores.classes:
        figures = (each.precision, each.recall, each.f1)
        table.add_row(Text(each.label), f"{each.support:,}", "", "", *(f"{x:.3f}" for x in figures))
    if len(test.by_language) > 1:
        table.add_section()
        for name, scores in test.by_language.items():
            table.add_row(Text(name), *_overall(scores), *blank)
    console.print(table)

    def line(text: str, style: str | None = None) -> None:
        console.print(text, style=style, markup=False, highlight=style is None, soft_wrap=True)

    if result.caveat:
        line(result.caveat, style="yellow")
    paths = {"model": result.model, "report": result.report, "figures": result.metrics}
    for what, path in paths.items():
        line(f"{what + ':':9}{shortest_path(path)}")
    if result.uploaded_to is not None:
        line(f"{'copy:':9}{result.uploaded_to}")
    console.print(
        f"\nTry it on a ticket of your own, or on this one, which it labels "
        f"{result.suggestion.label}:\n  {result.suggestion.command}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _overall(scores: Scores) -> tuple[str, str, str]:
    return f"{scores.rows:,}", f"{scores.macro_f1:.3f}", f"{scores.accuracy:.3f}"
