from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cs_data_tests.tickets import unlike_texts

from cs_data import Splits
from cs_data.cli import main


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return run


def test_prepare_reports_what_it_made_and_left_out(run, tickets_csv, tmp_path):
    path = tickets_csv("".join(f",,low,en{n}\n" for n in range(7)) + "a,b,low,en\n")
    path.write_bytes(path.read_bytes() + b"\xfc,b,high,en\n")

    code, printed, _ = run("prepare", path, "--output", tmp_path / "out", "--max-rejected", "0.2")

    assert code == 0
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "tickets: 62 tickets" in lines
    assert "label train validation test all" in lines
    assert "low 17 2 2 21" in lines
    assert "all 50 6 6 62" in lines
    assert "near duplicates: none" in lines
    assert "repaired lines: 1 not UTF-8, read as Windows-1252 (line 70)" in lines
    assert "rejected rows: 7 of 69" in lines
    assert "empty_text: 7 (lines 62, 63, 64, 65, 66, …)" in lines
    assert lines[-1] == f"prepared: {tmp_path / 'out'}"


def test_lines_that_a_broken_row_swallowed_are_reported(run, tickets_csv, tmp_path):
    path = tickets_csv('a,"b,low,en\n' + "c,d,low,en\n" * 3000)

    _, printed, _ = run("prepare", path, "--output", tmp_path / "out", "--max-rejected", "1")

    assert "  cut_off: 1 (line 62, with 3,000 lines behind it)\n" in printed


def test_values_that_are_no_labels_are_named_and_too_many_end_with_exit_code_2(
    run, tickets_csv, tmp_path
):
    few = tickets_csv("a,b,Q1,en\na,c,Q1,en\n")
    many = tickets_csv("".join(f"a,odd {n},Q{n},en\n" for n in range(9)), name="many.csv")
    out = tmp_path / "out"

    assert "values that are no labels (unknown_label): 'Q1' 2\n" in run("inspect", few)[1]
    assert (
        "values that are no labels (unknown_label): 'Q1' 2\n" in run("prepare", few, "-o", out)[1]
    )

    code, printed, error = run("prepare", many, "-o", tmp_path / "none")
    assert (code, printed) == (2, "")
    assert "the values of 9 of 69 rows (13.0%) are no labels" in error
    assert "'Q0' 1, 'Q1' 1, 'Q2' 1" in error
    assert "--labels VALUE=LABEL" in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many.csv", "out", "tickets.csv"]

    code, printed, _ = run("inspect", many)
    assert code == 0
    assert "unknown_label: 9 (lines 62, 63, 64, 65, 66, …)" in printed
    assert "'Q0' 1, 'Q1' 1, 'Q2' 1" in " ".join(printed.split())

    code, _, error = run("prepare", many, "-o", out, "--labels", "low,medium,high")
    assert (code, error) == (0, "")


def test_prepare_takes_columns_labels_and_seed(run, write_csv, tmp_path):
    rows = [f"{text};P{at % 3}" for at, text in enumerate(unlike_texts(60))]
    path = write_csv("text;urgency\n" + "\n".join(rows))
    options = ("--text-columns", "text", "--label-column", "urgency", "--near-duplicates", "0")

    def labels(*more):
        code, _, _ = run("prepare", path, "-o", tmp_path / "out", *options, *more)
        return code, Splits.load(tmp_path / "out").manifest.labels

    assert labels() == (0, ("P0", "P1", "P2"))
    assert labels("--labels", "P2,P0") == (0, ("P2", "P0"))
    assert labels("--labels", "P2=low, P1=low, P0=high") == (0, ("low", "high"))


def test_inspect_shows_and_draws(run, tickets_csv, tmp_path):
    text = unlike_texts(1, seed=8, words=30)[0]
    path = tickets_csv(f",{text} a,low,en\n,{text} b,low,en\n")
    code, printed, _ = run("inspect", path, "--plot", tmp_path / "picture.svg")

    assert code == 0
    assert "62 usable tickets by label and language" in printed
    assert "near duplicates: 2 tickets in 1 group, each kept in one split" in printed
    assert "█" in printed
    assert f"drawn: {tmp_path / 'picture.svg'}" in printed
    assert (tmp_path / "picture.svg").exists()


def test_prepare_reports_what_it_stripped(run, tickets_csv, tmp_path):
    mail = "Yes.\n\nOn 5 May 2024 at 10:12, Ann wrote:\n> Is it on?"
    path = tickets_csv(f'a,<p>b</p>,low,en\nc,<br>d,low,en\ne,"{mail}",high,en\n')
    html = (
        "HTML turned into plain text (left with --keep-html or dataset.strip_html=false): 2 texts"
    )
    quoted = "quoted mail and signatures left out: 1 text"

    printed = run("prepare", path, "-o", tmp_path / "out")[1]
    assert html in printed
    assert quoted not in printed
    printed = run("inspect", path, "--keep-html", "--strip-quoted-mail")[1]
    assert html not in printed
    assert quoted in printed


def test_inspect_begins_with_every_encoding_that_was_found(run, tickets_csv):
    path = tickets_csv()

    assert run("inspect", path)[1].startswith(f"{path.name}: utf-8, separator ','\n")

    path.write_bytes(path.read_bytes() + b"a,Stra\xdfe,low,en\n")
    first = f"{path.name}: utf-8 with 1 line of Windows-1252, separator ','\n"
    assert run("inspect", path)[1].startswith(first)


def test_inspect_explains_the_column_of_tickets_without_a_language(run, tickets_csv):
    printed = run("inspect", tickets_csv("a,what language is this,low,\n"))[1]

    assert "und: language unknown\n" in printed
    assert "und: " not in run("inspect", tickets_csv())[1]


def test_inspect_of_many_languages_adds_the_rare_ones_up(run, tickets_csv):
    path = tickets_csv("".join(f",word{'abcdefghij'[n]} {n},low,l{n}\n" for n in range(10)))

    _, printed, _ = run("inspect", path)

    assert "5 more" in printed


def test_many_labels_fit_in_the_terminal(run, write_csv, tmp_path):
    rows = [f"{text},queue {at % 40}\n" for at, text in enumerate(unlike_texts(400))]
    path = write_csv("body,queue\n" + "".join(rows))
    columns = ("--text-columns", "body", "--label-column", "queue")

    for command in (["inspect", path, *columns], ["prepare", path, "-o", tmp_path / "o", *columns]):
        code, printed, _ = run(*command)
        assert code == 0
        assert "16 more" in printed
        assert "160" in printed


def test_sample_writes_a_file_and_replaces_none(run, tmp_path):
    path = tmp_path / "sample.csv"

    assert run("sample", path, "--rows", 50)[:2] == (0, f"50 tickets: {path}\n")
    assert run("sample", path) == (2, "", f"cs-data: {path} already exists: name a new file\n")
    assert run("sample", tmp_path / "x.csv", "--rows", 0)[2] == (
        "cs-data: --rows must be at least 1, got 0\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND; see cs-data --help"),
        (["train"], "argument COMMAND: invalid choice: 'train'"),
        (
            ["prepare", "x.csv"],
            "the following arguments are required: -o/--output; see cs-data prep",
        ),
        (["prepare", "x.csv", "-o", "d", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["prepare", "x.csv", "-o", "d", "--labels", "a"], "labels names only ['a']: at least two"),
        (
            ["prepare", "x.csv", "-o", "d", "--labels", "P1=a,b"],
            "--labels: 'b' has no label: write b=",
        ),
        (
            ["prepare", "x.csv", "-o", "d", "--labels", "a=x,b=y,a=z"],
            "--labels: 'a' is mapped twice",
        ),
        (
            ["prepare", "x.csv", "-o", "d", "--labels", "a,b", "--label", "c"],
            "argument --label: not allowed with argument --labels",
        ),
        (
            ["prepare", "x.csv", "-o", "d", "--near-duplicates", "2"],
            "near_duplicates must be a similarity from 0.5 to 1, or 0 to",
        ),
        (
            ["prepare", "x.csv", "-o", "d", "--text-columns", ""],
            "text_columns is ['']: every column",
        ),
        (
            ["prepare", "x.csv", "-o", "d", "--text-columns", "Title", "Text"],
            "unrecognized arguments: Text; see cs-data prepare --help",
        ),
        (["prepare", "x.csv", "-o", "d"], "x.csv: there is no such file"),
        (["inspect", "."], ". is no prepared data set (it holds no manifest.json)"),
        (
            ["inspect", "x.csv", "--plot", "x.gif"],
            "x.gif: a picture's name ends in .png, .svg, .pdf",
        ),
        (["sample", "none/x.csv"], "none/x.csv: there is no folder none"),
    ],
)
def test_a_mistake_is_reported_in_one_line_with_exit_code_2(
    run, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)

    code, printed, error = run(*arguments)

    assert (code, printed) == (2, "")
    assert error.startswith(f"cs-data: {message}")
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_traceback_is_shown_when_asked_for(run, monkeypatch, tmp_path):
    monkeypatch.setenv("CS_TRACEBACK", "1")

    code, _, error = run("inspect", tmp_path / "none.csv")

    assert code == 2
    assert error.startswith("Traceback")
    assert error.endswith(f"cs-data: {tmp_path / 'none.csv'}: there is no such file\n")


def test_an_output_that_cannot_be_made_is_reported_in_one_line(run, tickets_csv, tmp_path):
    path = tickets_csv()

    code, _, error = run("prepare", path, "-o", path / "out")

    assert code == 2
    assert error == f"cs-data: {path / 'out'} cannot be made: {path} is a file\n"

    code, _, error = run("prepare", path, "-o", tmp_path / ("x" * 300))

    assert code == 2
    assert error == f"cs-data: {tmp_path / ('x' * 300)}: File name too long\n"


def test_help_is_quick_and_loads_no_heavy_package():
    ask = (
        "import sys, cs_data.cli\n"
        "try: cs_data.cli.main(['prepare', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'rich', 'matplotlib', 'rensa', 'selectolax'}\n"
        "print('LOADED', *(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True)

    assert "--near-duplicates" in done.stdout
    assert done.stdout.rpartition("LOADED")[2].split() == []


def test_an_interrupt_gives_exit_code_130(run, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cs_data.sample.make_sample", interrupted)

    assert run("sample", tmp_path / "x.csv") == (130, "", "")


def heed_interrupts():
    """Undo what a shell does to what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_exits_130_and_leaves_nothing(tickets_csv, tmp_path):
    rows = [f",{text},{('low', 'high')[n % 2]},en\n" for n, text in enumerate(unlike_texts(40_000))]
    path = tickets_csv("".join(rows))
    command = [Path(sys.executable).with_name("cs-data"), "prepare", path, "-o", tmp_path / "out"]
    # Without coverage, which can hang on a lock of its own when it is interrupted.
    env = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, env=env, preexec_fn=heed_interrupts)  # noqa: PLW1509 - no threads here
    while running.poll() is None and not list(tmp_path.glob(".out.partial-*/*/*")):
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGINT)
    _, error = running.communicate(timeout=60)

    assert (running.returncode, error) == (130, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["tickets.csv"]


@pytest.mark.parametrize(
    "arguments",
    [["inspect", "tickets.csv"], ["prepare", "tickets.csv", "-o", "out"], ["prepare", "--help"]],
    ids=" ".join,
)
def test_a_reader_that_leaves_early_ends_the_command_quietly(tickets_csv, arguments):
    folder = tickets_csv().parent
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [Path(sys.executable).with_name("cs-data"), *arguments]
        done = subprocess.run(
            command, check=False, cwd=folder, stdout=writing, stderr=subprocess.PIPE
        )
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")
