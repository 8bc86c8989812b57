"""The command that the end of a run suggests: it asks the model about a ticket it answers well."""

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

from cs_model.tickets import looks_like_a_file

if TYPE_CHECKING:
    from cs_model import Classifier


@dataclass(frozen=True)
class Suggestion:
    """A shell command that asks the model about a ticket, and the label that it answers with."""

    command: str
    label: str


def suggest(
    classifier: Classifier, model: Path, texts: Sequence[str], right: NDArray[np.bool_]
) -> Suggestion:
    """Suggest the shortest ticket that the model labels rightly, or else the shortest.

    Args:
        classifier: the trained model.
        model: the folder where it will lie.
        texts: tickets of the test split.
        right: whether it labels each of them rightly, [rows].

    """
    ticket = _choose(texts, right)
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


def _choose(texts: Sequence[str], right: NDArray[np.bool_]) -> str:
    choices = [
        (not well, len(line), line)
        for line, well in zip((" ".join(text.split()) for text in texts), right, strict=True)
        # The command would take these for an option and for a file.
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
