"""What a person sees at the end of a run: the scores, where the model is, and how to try it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cs_model import Classifier
from cs_model.bulk.tickets import looks_like_a_file
from cs_train.evaluation.evaluate import MAJORITY_GUESS
from cs_train.evaluation.scores import Scores
from cs_train.outputs.result import RunResult, Suggestion
from cs_train.outputs.run_folder import shortest_path
from cs_train.outputs.wording import caution, margin, next_steps


def print_summary(console: Console, result: RunResult) -> None:
    """Print the scores, the paths of what was written, and a command to try the model."""
    test = result.test
    table = Table(
        "test split", "tickets", "macro-F1", "accuracy", "precision", "recall", "F1", title=None
    )
    table.columns[0].overflow = "fold"  # labels that only differ at their end stay apart
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

    if result.accuracy_limit:
        line(result.accuracy_limit)
    for warning in (result.caveat, caution(test.scores, test.baselines[MAJORITY_GUESS])):
        if warning:
            line(warning, style="yellow")
    line(margin(test.scores))
    for step in next_steps(result):
        line(f"{'next:':9}{step}")
    paths = {"model": result.model, "report": result.report, "figures": result.metrics}
    for what, path in paths.items():
        line(f"{what + ':':9}{shortest_path(path)}")
    if result.uploaded_to is not None:
        line(f"{'copy:':9}{result.uploaded_to}")
    line(
        f"\nTry it on a ticket of your own, or on this one, which it labels "
        f"{result.suggestion.label}:\n  {result.suggestion.command}",
        style="",
    )


def _overall(scores: Scores) -> tuple[str, str, str]:
    return f"{scores.rows:,}", f"{scores.macro_f1:.3f}", f"{scores.accuracy:.3f}"


def suggest(
    classifier: Classifier, model: Path, texts: Sequence[str], is_correct: NDArray[np.bool_]
) -> Suggestion:
    """Return a command for the shortest ticket that is labelled correctly, or else the shortest.

    `model` is the folder where the classifier will be; `texts` and `is_correct` have a row per
    ticket of the test split.
    """
    ticket = _choose(texts, is_correct)
    [answer] = classifier.predict([ticket])
    words = [_program(), "predict", shortest_path(model), ticket]
    return Suggestion(shlex.join(words), answer.label)


def _choose(texts: Sequence[str], is_correct: NDArray[np.bool_]) -> str:
    lines = (" ".join(text.split()) for text in texts)
    choices = [
        (not correct, len(line), line)
        for line, correct in zip(lines, is_correct, strict=True)
        # The command would take these for an option or a file.
        if not line.startswith("-") and not looks_like_a_file(line)
    ]
    return min(choices)[2] if choices else "Nobody can log in since this morning."


def _program() -> str:
    """Return what to type for the cs-model that is installed beside this program."""
    beside = Path(sys.executable).with_name("cs-model")
    found = shutil.which("cs-model")
    on_path = found is not None and Path(found).resolve() == beside.resolve()
    # nox has it on the PATH of its session, and not on that of the shell that nox was called in.
    if on_path and "NOX_CURRENT_SESSION" not in os.environ:
        return "cs-model"
    return shortest_path(beside)
