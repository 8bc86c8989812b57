from __future__ import annotations

import io
import sys

import pytest

from cs_data.cli import main
from cs_data.command_line import data_output, run_command


def redirected_on_windows(monkeypatch) -> io.BytesIO:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    return written


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "tickets.csv"
    rows = [f"Отчёт {i} 🚨,{'срочно' if i % 3 else 'low'}" for i in range(60)]
    path.write_text("\n".join(["subject,priority", *rows, ""]), encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["inspect", "diff", "prepare"])
def test_characters_that_the_output_lacks_are_replaced(monkeypatch, export, tmp_path, command):
    output = redirected_on_windows(monkeypatch)
    given = {"diff": [export], "prepare": ["-o", tmp_path / "out"]}.get(command, [])
    columns = ["--text-columns=subject", "--labels=low,срочно", "--near-duplicates=0"]
    assert main([command, *map(str, [export, *given]), *columns]) == 0

    printed = output.getvalue().decode("cp1252")
    assert "??????" in printed
    assert ("####" in printed) == (command != "prepare")  # bars stay bars
    assert "?" * 10 not in printed


def test_data_on_standard_output_keep_every_character_and_line_end(monkeypatch):
    output = redirected_on_windows(monkeypatch)

    def print_data() -> None:
        data_output().write('"Отчёт\r\n🚨",\ud800\n')

    assert run_command("cs-data", print_data, ()) == 0
    assert output.getvalue().decode("utf-8") == '"Отчёт\r\n🚨",?\n'


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_is_no_error(monkeypatch, export, stream):
    monkeypatch.setattr(sys, stream, None)
    columns = ["--text-columns=subject", "--labels=low,срочно", "--near-duplicates=0"]

    assert main(["inspect", str(export), *columns]) == 0
    assert main(["inspect", "nowhere.csv"]) == 2
    getattr(sys, stream).close()
