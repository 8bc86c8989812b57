"""Suggests a command that tries the trained model on a ticket."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cs_model.bulk.tickets import looks_like_a_file

if TYPE_CHECKING:
    from cs_model import Classifier


@dataclass(frozen=True)
class Suggestion:
    """A shell command that classifies a ticket, and the label that it prints."""

    command: str
    label: str


def suggest(
    classifier: Classifier, model: Path, texts: Sequence[str], is_correct: NDArray[np.bool_]
) -> Suggestion:
    """Return a command for the shortest ticket that is labelled correctly, or else the shortest.

    Args:
        classifier: the trained model.
        model: the folder where it will be.
        texts: tickets of the test split.
        is_correct: whether it labels each of them correctly, [rows].

    """
    ticket = _choose(texts, is_correct)
    [answer] = classifier.predict([ticket])
    words = [_program(), "predict", shortest_path(model), ticket]
    return Suggestion(shlex.join(words), answer.label)


def shortest_path(path: Path) -> str:
    """Return a path relative to this folder if that is shorter."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        return str(path)
    return min(str(path.absolute()), relative, key=len)


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
