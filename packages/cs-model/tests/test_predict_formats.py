# ruff: noqa: RUF001 - texts as people write them
from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cs_data_tests.workbooks import write_workbook

from cs_data.cleaning import Cleaning
from cs_data.errors import DataError
from cs_model.bulk import tickets as bulk_tickets
from cs_model.bulk.tickets import looks_like_a_file, read_export, read_lines
from cs_model.cli import main

COLUMNS = ["number", "subject", "body"]
ROWS = [["1", "Printer", "It is down"], ["2", "", "Please change it"], ["3", "", ""]]
OBJECTS = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
LINES = "".join(json.dumps(row) + "\n" for row in OBJECTS).encode()


def csv_of(rows, columns=COLUMNS) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([columns, *rows])
    return file.getvalue().encode()


def parquet_of(objects, columns=COLUMNS) -> bytes:
    file = io.BytesIO()
    schema = pa.schema([(name, pa.string()) for name in columns])
    pq.write_table(pa.Table.from_pylist(objects, schema), file)
    return file.getvalue()


FILES = {
    "t.csv": csv_of(ROWS),
    "t.csv.gz": gzip.compress(csv_of(ROWS)),
    "t.xlsx": write_workbook([("Tickets", [COLUMNS, *ROWS])]),
    "t.jsonl": LINES,
    "t.ndjson.gz": gzip.compress(LINES),
    "t.json": json.dumps({"tickets": OBJECTS}).encode(),
    "t.parquet": parquet_of(OBJECTS),
    "tickets without an ending": csv_of(ROWS),
}
EMPTY = {
    "t.csv": csv_of([]),
    "t.xlsx": write_workbook([("Tickets", [COLUMNS])]),
    "t.parquet": parquet_of([]),
}


def ask(model_folder, *arguments):
    return main(["predict", str(model_folder), *map(str, arguments)])


@pytest.fixture
def write(tmp_path):
    def write(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("name", FILES)
def test_every_format_keeps_its_columns_and_gets_the_predictions(
    model_folder, write, tmp_path, name, classifier, caplog
):
    output = tmp_path / "out.csv"
    assert ask(model_folder, write(FILES[name], name), "-o", output) == 0

    rows = list(csv.DictReader(io.StringIO(output.read_text())))
    assert [[row[column] for column in COLUMNS] for row in rows] == ROWS
    asked = classifier.predict(["Printer\nIt is down", "Please change it"])
    assert [row["predicted_label"] for row in rows] == [*(one.label for one in asked), ""]
    assert "1 of 3 tickets have no text and get no label" in caplog.text


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_row_without_a_text_has_nothing_in_the_columns_of_the_prediction(
    model_folder, write, tmp_path, ending
):
    output = tmp_path / f"out.{ending}"
    assert ask(model_folder, write(csv_of([ROWS[2], *ROWS])), "-o", output) == 0

    if ending == "csv":
        rows = list(csv.DictReader(io.StringIO(output.read_text())))
        nothing = ""
    elif ending == "jsonl":
        rows = [json.loads(line) for line in output.read_text().splitlines()]
        nothing = None
    else:
        rows = pq.read_table(output).to_pylist()
        nothing = None
    added = [name for name in rows[0] if name not in COLUMNS]
    assert len(added) == 5
    for row in (rows[0], rows[3]):
        assert [row[name] for name in added] == [nothing] * 5
    assert all(rows[1][name] for name in added)


def test_a_table_shows_no_label_for_a_row_without_a_text(model_folder, capsys):
    assert ask(model_folder, "Printer", " ") == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert len(rows) == 2
    assert rows[1].replace("│", "").strip() == ""


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_an_export_without_tickets_gives_the_header(
    model_folder, write, tmp_path, name, ending, monkeypatch, capsys
):
    monkeypatch.setattr("cs_model.cli.Classifier.load", pytest.fail)
    output = tmp_path / f"out.{ending}"
    assert ask(model_folder, write(EMPTY[name], name), "-o", output) == 0

    header = [*COLUMNS, "predicted_label", "predicted_probability"]
    header += [f"probability_{label}" for label in ("low", "medium", "high")]
    if ending == "csv":
        assert output.read_text() == ",".join(header) + "\n"
    elif ending == "jsonl":
        assert output.read_text() == ""
    else:
        assert pq.read_table(output).column_names == header
    assert "the input holds no ticket" in capsys.readouterr().err


def test_neither_an_empty_export_nor_empty_input_loads_torch(model_folder, write):
    path = write(EMPTY["t.csv"])
    code = (
        "import sys; from cs_model.cli import main\n"
        f"code = main(['predict', {str(model_folder)!r}, *sys.argv[1:], '--format', 'csv'])\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules; sys.exit(code)"
    )
    for arguments, own in (([str(path)], "number,subject,body"), (["-"], "text")):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            input="",
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(f"{own},predicted_label,predicted_probability,probability_")
        assert done.stdout.count("\n") == 1


def test_a_pipe_is_read(model_folder, tmp_path, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(FILES["t.csv"],))
    writer.start()
    try:
        assert ask(model_folder, pipe, "--format", "csv") == 0
    finally:
        writer.join()
    assert capsys.readouterr().out.count("\n") == 4


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("missing.xlsx", "missing.xlsx: there is no such file"),
        ("missing.JSONL.gz", "missing.JSONL.gz: there is no such file"),
        ("missing.parquet", "missing.parquet: there is no such file"),
        ("./missing", "missing: there is no such file"),
        ("exports/", "exports: there is no such file"),
        (".", ". is a folder: name the export in it"),
        ("/dev/zero", "/dev/zero is a device"),
    ],
)
def test_what_is_meant_as_a_file_is_never_taken_for_a_text(
    model_folder, tmp_path, monkeypatch, capsys, argument, message
):
    monkeypatch.chdir(tmp_path)
    assert ask(model_folder.resolve(), argument) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    ["printer down", "and/or", "see notes.txt", "a/b is broken", "x.csv\nis broken", "v1.10", ""],
)
def test_what_is_meant_as_a_text_is_no_file(text):
    assert not looks_like_a_file(text)


def test_a_guessed_encoding_is_reported_and_a_named_one_used(write, caplog):
    caplog.set_level("WARNING")  # the detector reports its candidates below that
    text = "Принтер не работает, помогите пожалуйста"
    path = write(csv_of([["1", text, text]]).decode().encode("cp1251"))

    [block] = read_export(path, None, ("subject", "body"))
    assert block.texts == [f"{text}\n{text}"]
    note = "read as windows-1251, guessed from its bytes: give --encoding if that is wrong"
    assert caplog.messages == [f"{path}: {note}"]

    caplog.clear()
    [block] = read_export(path, None, ("subject", "body"), encoding="cp1251")
    assert (block.texts, caplog.messages) == ([f"{text}\n{text}"], [])


@pytest.mark.parametrize(
    ("cleaning", "text"),
    [
        (Cleaning(), "It is on\n\nSent from my iPhone"),
        (Cleaning(strip_html=False), "<p>It is on</p>\n\nSent from my iPhone"),
        (Cleaning(strip_quoted_mail=True), "It is on"),
    ],
)
def test_an_export_is_cleaned_as_the_training_data_was(write, cleaning, text):
    path = write(csv_of([["1", "", "<p>It is on</p>\n\nSent from my iPhone"]]))

    [block] = read_export(path, None, ("subject", "body"), cleaning=cleaning)
    assert block.texts == [text]


def test_an_encoding_that_cannot_be_guessed_is_one_line(model_folder, write, capsys):
    path = write("text\nnaïve\n".encode("cp1252"))

    assert ask(model_folder, path) == 2
    refused = capsys.readouterr().err
    assert "most likely windows-1252 or windows-1250" in refused
    assert refused.count("\n") == 1
    assert ask(model_folder, path, "--encoding", "windows-1252") == 0
    assert "naïve" in capsys.readouterr().out


def stream_of(content):
    return io.TextIOWrapper(io.BytesIO(content))


def test_lines_of_standard_input_are_in_the_named_encoding_or_reported(caplog):
    content = "größer\nПринтер\n".encode() + b"\xff\n"
    [block] = read_lines(stream_of(content))
    assert block.texts == ["größer", "Принтер", "\ufffd"]
    assert "standard input: 1 lines are not UTF-8" in caplog.text

    [block] = read_lines(stream_of("Принтер\n".encode("cp1251")), "windows-1251")
    assert block.texts == ["Принтер"]
    with pytest.raises(DataError, match="standard input is not utf-8: line 3 cannot be decoded"):
        list(read_lines(stream_of(content), "utf-8"))
    with pytest.raises(DataError, match="encoding must be one that Python knows"):
        read_lines(stream_of(content), "klingon")


def test_input_of_several_blocks_stays_in_step(monkeypatch):
    monkeypatch.setattr(bulk_tickets, "_BLOCK_ROWS", 2)
    blocks = list(read_lines(io.StringIO("a\n\nb\nc\n")))
    assert [block.texts for block in blocks] == [["a", ""], ["b", "c"]]


def test_titles_and_unreadable_rows_are_named_in_rows_of_a_workbook(write, caplog):
    path = write(write_workbook([("S", [["Report"], ["id", "text"], [1, "a"]])]), "t.xlsx")

    [block] = read_export(path, None, ("subject", "body"))
    assert block.rows == [{"id": "1", "text": "a"}]
    assert "the header is on row 2: the 1 row above it is skipped" in caplog.text
