from __future__ import annotations

import io
import sys

from cs_data.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_short_work_is_silent(capsys):
    with Progress("preparing", 10) as progress:
        progress.update(5)

    assert capsys.readouterr().err == ""


def test_long_work_says_now_and_then_how_far_it_is(capsys):
    with Progress("preparing", 200, quiet_seconds=0) as progress:
        progress.update(50)
        progress.update(51)

    assert capsys.readouterr().err == "preparing: 25%\n"


def test_long_work_shows_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress("preparing", 200, quiet_seconds=0) as progress:
        progress.update(50)
        progress.update(150)

    assert "preparing" in sys.stderr.getvalue()
    assert "75%" in sys.stderr.getvalue()
