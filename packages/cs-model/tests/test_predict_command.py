from __future__ import annotations

import csv
import io
import json
import logging
import os
import re
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from cs_data import DataError
from cs_model import Prediction
from cs_model.bulk.predictions import write
from cs_model.bulk.tickets import given_texts, read_export
from cs_model.cli import main

TRAINED_ON = ("subject", "body")


def ask(model_folder, *arguments):
    return main(["predict", str(model_folder), *map(str, arguments)])


@pytest.fixture
def tickets(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text(
        'number,subject,body\n1,Printer,"It is down,\nand nobody can work"\n2,,Please change it\n'
        "3,Only a subject,\n",
        encoding="utf-8",
    )
    return path


def refusal(capsys, code):
    printed = capsys.readouterr()
    assert code == 2
    assert printed.err.startswith("cs-model: ")
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["predict"], "the following arguments are required: MODEL"),
        (["predikt", "model"], "invalid choice: 'predikt'"),
        (["predict", "model", "--format", "xml"], "invalid choice: 'xml'"),
        (["predict", "model", "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_a_wrong_argument_is_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert message in refusal(capsys, ended.value.code)


def test_a_long_text_leaves_room_for_the_answer(model_folder, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["predict", str(model_folder), "Nobody can log in since this morning, " * 4]) == 0
    printed = capsys.readouterr().out

    assert printed.count("Nobody") == 4
    assert re.search(r"│ (low|medium|high) +│ +[0-9.]+ │ +[0-9.]+ │", printed)


def test_a_text_longer_than_a_file_name_may_be_is_a_text(model_folder, capsys):
    assert ask(model_folder, "Nobody can log in since this morning, " * 150) == 0
    assert "Nobody" in capsys.readouterr().out


def test_texts_are_answered_in_a_table(model_folder, capsys):
    assert ask(model_folder, "The server is down", "[bold]Please[/bold]") == 0
    printed = capsys.readouterr().out
    assert "The server is down" in printed
    assert "[bold]Please[/bold]" in printed
    assert all(f"{label} %" in printed for label in ("low", "medium", "high"))


def test_many_long_labels_leave_room_for_the_answer(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    labels, stream = [f"IT::Support::Queue {n}" for n in range(6)], io.StringIO()
    prediction = Prediction(labels[4], 0.75, {**dict.fromkeys(labels, 0.05), labels[4]: 0.75})
    write([(given_texts(["no printer works"]), [prediction])], labels, "table", stream)
    printed = stream.getvalue()

    assert re.search(r"no printer works +│ IT::Support::Queue 4 │ 75.0 │", printed)
    assert "all probabilities: --format csv" in printed


def test_brackets_in_labels_are_shown_as_they_are(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    labels, stream = ("[internal] billing", "[/x]"), io.StringIO()
    prediction = Prediction(labels[1], 0.75, {labels[0]: 0.25, labels[1]: 0.75})
    write([(given_texts(["[red]text[/red]"]), [prediction])], labels, "table", stream)
    heading, row = (line for line in stream.getvalue().splitlines() if "[" in line)
    assert "[internal] billing %" in heading
    assert "[/x] %" in heading
    assert "[red]text[/red]" in row
    assert "[/x]" in row


def test_a_csv_keeps_its_columns_and_gets_the_predictions(
    model_folder, tickets, tmp_path, classifier
):
    output = tmp_path / "out.csv"
    assert ask(model_folder, tickets, "-o", output) == 0
    rows = list(csv.DictReader(io.StringIO(output.read_text(encoding="utf-8"), newline="")))
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    texts = ["Printer\nIt is down,\nand nobody can work", "Please change it", "Only a subject"]
    assert [row["predicted_label"] for row in rows] == [p.label for p in classifier.predict(texts)]
    for row in rows:
        shares = [float(row[f"probability_{label}"]) for label in ("low", "medium", "high")]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert float(row["predicted_probability"]) == max(shares)


def test_columns_without_a_name_are_kept_under_their_number(model_folder, tmp_path):
    path, output = tmp_path / "tickets.csv", tmp_path / "out.csv"
    path.write_text("number;subject;body;; \n1;Printer;It is down;urgent;\n")
    assert ask(model_folder, path, "-o", output) == 0
    header, row = csv.reader(output.read_text().splitlines())
    assert header[:5] == ["number", "subject", "body", "column_4", "column_5"]
    assert row[:5] == ["1", "Printer", "It is down", "urgent", ""]


def test_json_lines_and_parquet_hold_the_same(model_folder, tickets, tmp_path):
    assert ask(model_folder, tickets, "-o", tmp_path / "out.jsonl") == 0
    assert ask(model_folder, tickets, "-o", tmp_path / "out.parquet") == 0
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    table = pq.read_table(tmp_path / "out.parquet")
    assert list(lines[0]) == table.column_names
    assert [line["predicted_label"] for line in lines] == table["predicted_label"].to_pylist()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.jsonl",
        "out.parquet",
        "tickets.csv",
    ]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_an_argument_that_is_no_utf8_is_written_with_question_marks(model_folder, tmp_path, kind):
    output = tmp_path / f"out.{kind}"
    assert ask(model_folder, os.fsdecode(b"a\xffb"), "-o", output) == 0
    written = str(pq.read_table(output)) if kind == "parquet" else output.read_text()
    assert "a?b" in written


@pytest.mark.parametrize(
    ("kind", "shown"), [("table", "? ???"), ("csv", "🚨 ąćę"), ("jsonl", "🚨 ąćę")]
)
def test_only_a_table_loses_characters_that_standard_output_lacks(
    model_folder, monkeypatch, kind, shown
):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    assert ask(model_folder, "Drucker für 🚨 ąćę", "--format", kind) == 0
    printed = written.getvalue().decode("cp1252" if kind == "table" else "utf-8")
    assert f"Drucker für {shown}" in printed


def test_more_rows_than_a_block_stay_in_order(model_folder, tmp_path):
    path = tmp_path / "many.csv"
    path.write_text("text\n" + "".join(f"ticket {i}\n" for i in range(4500)))
    assert ask(model_folder, path, "-o", tmp_path / "out.parquet") == 0
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["text"].to_pylist() == [f"ticket {i}" for i in range(4500)]


def test_standard_input_is_one_ticket_a_line(model_folder):
    done = subprocess.run(
        [sys.executable, "-m", "cs_model", "predict", str(model_folder), "--format", "jsonl"],
        input="The server is down\n\nPlease, ça va 🚨\n".encode(),
        capture_output=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [row["text"] for row in rows] == ["The server is down", "", "Please, ça va 🚨"]
    assert [bool(row["predicted_label"]) for row in rows] == [True, False, True]


def test_a_reader_that_has_seen_enough_is_no_error(model_folder):
    command = f"{sys.executable} -m cs_model predict {model_folder} --format csv | head -1"
    lines = "".join(f"ticket {i}\n" for i in range(5000))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("text,predicted_label")


def test_other_columns_can_be_named(tickets):
    [block] = read_export(tickets, ["body", "number"], TRAINED_ON)
    assert block.texts[1] == "Please change it\n2"


def test_columns_are_found_whatever_their_case(tmp_path):
    (tmp_path / "a.csv").write_text("Subject,BODY\na,b\n")
    [block] = read_export(tmp_path / "a.csv", None, TRAINED_ON)
    assert block.texts == ["a\nb"]


def test_a_column_of_the_training_is_not_ignored_for_a_column_called_text(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text("subject,text\na,b\n")
    with pytest.raises(DataError, match="has no column 'body'"):
        read_export(path, None, ("subject", "body"))


def test_repaired_lines_are_reported(tmp_path, caplog):
    path = tmp_path / "tickets.csv"
    path.write_bytes("text\nGrößer\n".encode() + "Tür klemmt\n".encode("cp1252"))
    [block] = read_export(path, None, ("subject", "body"))
    assert block.texts == ["Größer", "Tür klemmt"]
    assert "repaired lines: 1 not UTF-8, read as Windows-1252 (first: line 3)" in caplog.text


def test_a_file_with_a_text_column_needs_no_names(tmp_path):
    (tmp_path / "a.csv").write_text("id;text\n1;hello\n")
    [block] = read_export(tmp_path / "a.csv", None, TRAINED_ON)
    assert block.texts == ["hello"]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("\ufeffsubject,body\na,b\n".encode(), ["a\nb"]),
        (b"subject,body\nM\xfcller,Stra\xdfe\n", ["Müller\nStraße"]),
        (b"subject\tbody\r\na\tb, c\r\n", ["a\nb, c"]),
        (b"subject,body\n\na,b,,\n", ["a\nb"]),
        (b"subject,body\n,\n", [""]),
        (b'subject,body\n"a" x,"b"\nc,d\n', ["a x\nb", "c\nd"]),
        ("subject;body\r\nGr\u00fc\u00dfe;\U0001f525\r\n".encode("utf-16"), ["Grüße\n🔥"]),
        ("\ufeffsubject\tbody\na\tb\n".encode("utf-16-be"), ["a\nb"]),
        (b"\n\r\n;;\nsubject;body;\na;b;\n", ["a\nb"]),
        ("subject,body\nGrüße aus Köln,Störung".encode() + b"\xc3\n", ["Grüße aus Köln\nStörung�"]),
        (b"subject;body\ra;b\rc;d\r", ["a\nb", "c\nd"]),
        (b'subject,body\n"  a ","\nb\n"\n', ["a\nb"]),
        (b"sep=;\r\nsubject;body\r\na, b;c\r\n", ["a, b\nc"]),
        (b'subject;body;"a,b,c,d"\na;b;c\n', ["a\nb"]),
        (b"subject,tag,body,tag\na,b,c,d\n", ["a\nc"]),
        (b"subject,body\na\rb,c\n", ["a\nb\nc"]),
        (b"subject,body\n\\n a,b\\tc\n", ["a\nb\tc"]),
    ],
    ids=[
        "mark",
        "windows-1252",
        "tabs",
        "blank line and commas",
        "empty",
        "stray quotes",
        "UTF-16",
        "UTF-16 big-endian",
        "blank lines before the header",
        "one broken byte",
        "carriage returns alone",
        "blanks around fields",
        "Excel's separator line",
        "commas in the header",
        "a repeated column that holds no text",
        "a carriage return in a field",
        "escapes at the start of a field",
    ],
)
def test_exports_are_read_as_they_come(tmp_path, content, texts):
    path = tmp_path / "tickets.csv"
    path.write_bytes(content)
    assert [text for block in read_export(path, None, TRAINED_ON) for text in block.texts] == texts


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: a header line and rows are expected"),
        ("\n \n", "holds no header"),
        ("a,b\n1,2\n", "its columns are 'a', 'b'; name those that hold the text"),
        ("subjekt,body\na,b\n", "no column 'subject' or 'text': its columns are 'subjekt', 'body'"),
        (
            "subjekt,body\na,b\n",
            "did you mean 'subjekt'? name those that hold the text with --text-columns",
        ),
        (
            'subject,body\na,"b\nc,d\ne,"f"\n',
            "lines 2-4: text goes on behind a closing quote on line 4: a quote is probably missing",
        ),
        ('subject,body\na,"b\nc",d,e\n', "lines 2-3: 4 fields where the header has 2"),
        ("subject,body\na,b,c\n", "line 2: 3 fields where the header has 2"),
        ("\n\nsubject,body\na,b,c\n", "line 4: 3 fields where the header has 2"),
        ("subject,tag,body,Subject,subject\na,b,c,d,e\n", "2 columns are called 'subject'"),
        ("subject,body\n" + "x" * (1 << 20) + "x,b\n", "line 2: a field of more than 1,048,576"),
        ('subject,body\na,b\nc,"d\nf,g\n', "1 of 2 records cannot be read, and at most 5% may"),
    ],
    ids=[
        "empty file",
        "no header",
        "other columns",
        "a misspelt column",
        "the column that was meant",
        "a missing quote",
        "a missing quote that gives more fields",
        "too many fields",
        "too many fields after blank lines",
        "two text columns of one name",
        "endless field",
        "many unreadable records",
    ],
)
def test_files_that_cannot_be_used_are_one_line(model_folder, tmp_path, capsys, content, message):
    path = tmp_path / "tickets.csv"
    path.write_text(content)
    assert message in refusal(capsys, ask(model_folder, path, "-o", tmp_path / "out.csv"))
    assert list(tmp_path.iterdir()) == [path]


def test_records_that_cannot_be_read_are_left_out_and_named(model_folder, tmp_path, caplog):
    path, output = tmp_path / "tickets.csv", tmp_path / "out.csv"
    rows = [f"ticket {number},it is down" for number in range(200)]
    rows[2:2] = ["a,b,c", 'd,"e', 'f,"g"', *("one field too many,x,y",) * 4]
    path.write_text("\n".join(["subject,body", *rows, 'cut,"off']))
    limit = csv.field_size_limit()
    assert ask(model_folder, path, "-o", output) == 0
    written = list(csv.DictReader(io.StringIO(output.read_text())))
    assert [row["subject"] for row in written] == [f"ticket {number}" for number in range(200)]
    assert csv.field_size_limit() == limit
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: 7 of 207 records cannot be read and are left out (wrong_field_count 5, "
        "broken_quotes 1, cut_off 1); further lines inside them: 1",
        f"{path}, line 4: 3 fields where the header has 2",
        f"{path}, lines 5-6: text goes on behind a closing quote on line 6: a quote is probably "
        "missing on line 5",
        f"{path}, line 7: 3 fields where the header has 2",
        f"{path}, line 8: 3 fields where the header has 2",
        f"{path}, line 209: the file ends inside a quoted field",
    ]


def test_warnings_about_records_go_to_standard_error(model_folder, tmp_path, monkeypatch, capsys):
    path = tmp_path / "tickets.csv"
    path.write_text("text\n" + "it is down\n" * 40 + "a,b\n")
    monkeypatch.setattr(logging.root, "handlers", [])  # as in a program, without those of pytest
    assert ask(model_folder, path, "--format", "csv") == 0
    printed = capsys.readouterr()
    assert printed.out.count("\n") == 41
    assert printed.err.splitlines() == [
        f"{path}: 1 of 41 records cannot be read and are left out (wrong_field_count 1)",
        f"{path}, line 42: 2 fields where the header has 1",
    ]


def test_nothing_is_written_to_standard_output_where_much_cannot_be_read(
    model_folder, tmp_path, capsys
):
    path = tmp_path / "tickets.csv"
    path.write_text("text\n" + "it is down\n" * 5000 + "a,b\n" * 400)
    assert ask(model_folder, path, "--format", "jsonl") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "400 of 5,400 records cannot be read" in printed.err


@pytest.mark.parametrize("name", ["tickets.csv", "tickets.xlsx", "tickets"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04rest", "an Excel workbook or a zip archive that is damaged"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook or one with a password, not a CSV file"),
        (b"%PDF-1.7", "a PDF document, not a CSV file"),
        (b"PAR1", "a Parquet file that cannot be read"),
    ],
)
def test_a_file_that_is_no_csv_is_named_for_what_it_is(
    model_folder, tmp_path, capsys, name, content, kind
):
    (tmp_path / name).write_bytes(content)
    refused = refusal(capsys, ask(model_folder, tmp_path / name))
    assert f"{name} is {kind}" in refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv"], "missing.csv: there is no such file"),
        (["some text", "missing.csv"], "missing.csv is a file: give one file alone"),
        (["text", "-o", "out.xlsx"], "must end in .csv, .jsonl or .parquet, got out.xlsx"),
        (["text", "-o", "no/such/folder/out.csv"], "no/such/folder/out.csv: No such file"),
        (["text", "--accelerator", "gpu"], "finds none"),
    ],
)
def test_requests_that_cannot_be_met_are_one_line(model_folder, capsys, arguments, message):
    assert message in refusal(capsys, ask(model_folder, *arguments))


def test_a_model_that_is_not_there_is_one_line_before_torch_is_loaded(tmp_path):
    code = (
        "import sys; from cs_model.cli import main; code = main(['predict', './nothing', 'text']); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr) == (2, "cs-model: there is no model folder ./nothing\n")


def test_what_is_wrong_with_a_file_is_reported_before_torch_is_loaded(model_folder, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    cases = [
        (["missing.csv"], "missing.csv: there is no such file"),
        (["other.csv"], "its columns are 'a', 'b'"),
        (["other.csv", "--text-columns=a,c"], "has no column 'c': its columns are 'a', 'b'"),
        (["text", "-o", "out.xlsx"], "must end in .csv"),
        (["text", "-o", "no/folder/out.csv"], "no/folder/out.csv: No such file"),
    ]
    code = (
        "import json, sys; from cs_model.cli import main\n"
        "codes = [main(['predict', *one]) for one in json.loads(sys.argv[1])]\n"
        "assert codes == [2] * len(codes) and 'torch' not in sys.modules, codes"
    )
    asked = json.dumps([[str(model_folder), *arguments] for arguments, _ in cases])
    done = subprocess.run(
        [sys.executable, "-c", code, asked],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    for line, (_, message) in zip(done.stderr.splitlines(), cases, strict=True):
        assert message in line


def test_files_that_would_be_taken_for_texts_or_lost_are_refused(model_folder, tmp_path, capsys):
    notes, table = tmp_path / "notes.txt", tmp_path / "tickets.csv"
    notes.write_text("printer\n")
    table.write_text("text\nprinter\n")
    message = refusal(capsys, ask(model_folder, notes))
    assert "give each line of a file as a ticket with - < FILE" in message
    message = refusal(capsys, ask(model_folder, table, "-o", table))
    assert "is the input file: name another" in message
    assert table.read_text() == "text\nprinter\n"


def test_the_traceback_is_there_for_those_who_ask(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CS_TRACEBACK", "1")
    assert ask(tmp_path / "nothing" / "here", "text") == 2
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert "no model folder" in printed


def test_a_terminal_without_any_ticket_is_refused_with_what_to_give(
    model_folder, capsys, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", None)
    assert "no ticket given" in refusal(capsys, ask(model_folder))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other OpenMP runtimes report it otherwise")
@pytest.mark.parametrize("chosen", [None, "ACTIVE"])
def test_threads_limit_openmp_spin_unless_a_person_wants_otherwise(model_folder, chosen):
    environment = {**os.environ, "OMP_DISPLAY_ENV": "VERBOSE"}
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        environment.pop(name, None)
    if chosen:
        environment["OMP_WAIT_POLICY"] = chosen
    done = subprocess.run(
        [sys.executable, "-m", "cs_model", "predict", str(model_folder), "The server is down"],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    spins = {int(count) for count in re.findall(r"GOMP_SPINCOUNT = '(\d+)'", done.stderr)}
    assert spins
    assert (spins == {2000}) == (chosen is None)


@pytest.mark.parametrize("taken", ["predicted_label", "probability_low"])
def test_columns_that_predictions_would_overwrite_are_refused(
    model_folder, tmp_path, capsys, taken
):
    path, output = tmp_path / "tickets.csv", tmp_path / "out.csv"
    path.write_text(f"text,{taken}\nThe server is down,mine\n")
    refused = refusal(capsys, ask(model_folder, path, "-o", output))
    assert f"'{taken}': rename or drop them" in refused
    assert not output.exists()


def test_the_file_on_standard_input_is_not_overwritten(model_folder, tmp_path, monkeypatch, capsys):
    path = tmp_path / "tickets.csv"
    path.write_text("The server is down\n")
    with path.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert "is the input file" in refusal(capsys, ask(model_folder, "-o", path))
    assert path.read_text() == "The server is down\n"
