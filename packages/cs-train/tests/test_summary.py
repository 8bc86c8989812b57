"""What the end of a run suggests to type."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from cs_train.outputs.summary import _choose, suggest


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An environment that holds the command, below the working folder and not on the PATH."""
    programs = tmp_path / ".nox" / "train" / "bin"
    programs.mkdir(parents=True)
    command = programs / "cs-model"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.delenv("NOX_CURRENT_SESSION", raising=False)
    return programs


def program(classifier):
    model = Path("outputs/model").absolute()
    command = suggest(classifier, model, ["it's down"], np.array([True])).command
    first, *words = shlex.split(command)
    assert words == ["predict", "outputs/model", "it's down"]
    return first


def test_the_suggested_command_is_one_that_this_shell_finds(classifier, installed, monkeypatch):
    assert program(classifier) == ".nox/train/bin/cs-model"

    monkeypatch.setenv("PATH", f"{installed}{os.pathsep}{os.defpath}")
    assert program(classifier) == "cs-model"

    monkeypatch.setenv("NOX_CURRENT_SESSION", "train")  # the PATH is the session's own
    assert program(classifier) == ".nox/train/bin/cs-model"


def test_another_command_of_that_name_is_not_taken_for_it(classifier, installed, monkeypatch):
    other = installed.parent / "other"
    other.mkdir()
    (other / "cs-model").write_text("#!/bin/sh\n")
    (other / "cs-model").chmod(0o755)
    monkeypatch.setenv("PATH", str(other))
    assert program(classifier) == ".nox/train/bin/cs-model"


def test_the_suggested_label_is_the_models(classifier):
    suggestion = suggest(classifier, Path("model"), ["it is\n\ndown"], np.array([False]))
    assert suggestion.label == classifier.predict(["it is down"])[0].label


@pytest.mark.parametrize(
    ("texts", "right", "chosen"),
    [
        (["a longer one", "wrong", "a\nshort one"], [True, False, True], "a short one"),
        (["b two", "a one"], [True, True], "a one"),
        (["all are wrong", "wrong"], [False, False], "wrong"),
        (["-x", "see a.csv", "what is meant"], [True, True, False], "what is meant"),
    ],
    ids=["shortest", "as short", "none right", "no text for the command"],
)
def test_the_shortest_ticket_that_is_labelled_correctly_is_suggested(texts, right, chosen):
    assert _choose(texts, np.array(right)) == chosen
    assert _choose(texts[::-1], np.array(right[::-1])) == chosen
