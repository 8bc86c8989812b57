"""One set of odd exports, read by every command that reads tickets: all must find the same."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cs_data import DataError, PrepareOptions, Splits
from cs_data.cli import main as cs_data
from cs_data.reports.inspection import inspect
from cs_model import Classifier
from cs_model.bulk.tickets import read_export
from cs_model.cli import main as cs_model
from cs_train.config import DatasetConfig
from cs_train.splits import fetch_splits

HEADER = ("number", "subject", "body", "priority")
TICKETS = [
    (str(number), f"subject {number}", f"body of ticket {number}", ("low", "high")[number % 2])
    for number in range(60)
]
TEXTS = [f"{subject}\n{body}" for _, subject, body, _ in TICKETS]
OPTIONS = PrepareOptions(near_duplicates=0)


@dataclass(frozen=True)
class Export:
    """A file as a program wrote it, and what is in it."""

    content: bytes
    texts: list[str] = field(default_factory=lambda: TEXTS)
    columns: tuple[str, ...] = HEADER
    unreadable: tuple[int, ...] = ()  # first lines of the records
    empty: int = 0  # tickets without a text: nothing to learn from, but answered


def table(rows=(), *, header=HEADER, separator=",", end="\n") -> str:
    """Write a table with the odd rows behind the usual ones."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows([header, *TICKETS, *rows])
    return text.getvalue()


def with_text(subject: str, body: str, text: str, **how: str) -> Export:
    return Export(table([("60", subject, body, "low")], **how).encode(), [*TEXTS, text])


def beside(header: str, row: str) -> str:
    """Write the table with more columns in front."""
    first, *others = PLAIN.splitlines(keepends=True)
    return header + first + "".join(row + line for line in others)


PLAIN = table()
ACCENTS = table([("60", "Grüße", "Störung: 5 €", "low")])
WITH_ACCENTS = [*TEXTS, "Grüße\nStörung: 5 €"]
CUT_OFF = '60,Printer,"It is broken and the export was'
EXPORTS = {
    "plain": Export(PLAIN.encode()),
    "Windows line ends": Export(table(end="\r\n").encode()),
    "UTF-8 with a mark": Export(ACCENTS.encode("utf-8-sig"), WITH_ACCENTS),
    "Windows-1252": Export(ACCENTS.encode("cp1252"), WITH_ACCENTS),
    "UTF-16": Export(ACCENTS.encode("utf-16"), WITH_ACCENTS),
    "UTF-16 big-endian": Export(("\ufeff" + ACCENTS).encode("utf-16-be"), WITH_ACCENTS),
    "UTF-16 without a mark": Export(ACCENTS.encode("utf-16-le"), WITH_ACCENTS),
    "packed": Export(gzip.compress(PLAIN.encode())),
    "JSON lines": Export(
        "".join(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in TICKETS).encode()
    ),
    "a JSON document": Export(
        json.dumps({"tickets": [dict(zip(HEADER, row, strict=True)) for row in TICKETS]}).encode()
    ),
    "titles above the header": Export(f"Tickets of May\n\n{PLAIN}".encode()),
    "tabs": Export(table(separator="\t").encode()),
    "bars": Export(table(separator="|").encode()),
    "semicolons": Export(table(separator=";").encode()),
    "semicolons and commas in the header": Export(
        PLAIN.replace(",", ";").replace("number", '"number, as in a, b, c, d, e"', 1).encode(),
        columns=("number, as in a, b, c, d, e", *HEADER[1:]),
    ),
    "Excel's separator line": Export(("sep=;\r\n" + table(separator=";", end="\r\n")).encode()),
    "carriage returns alone": Export(table(end="\r").encode()),
    "a carriage return in a field": with_text("a\rb", "c", "a\nb\nc"),
    "a repeated column": Export(
        beside("tag,Tag,tag,", "1,2,3,").encode(), columns=("tag", "Tag", "tag (2)", *HEADER)
    ),
    "blank lines and columns without a name": Export(
        f"\n,,\n{beside(',,', ',,')},,,,,\n\n".encode(),
        columns=("column_1", "column_2", *HEADER),
        empty=1,
    ),
    "columns in another case": Export(
        PLAIN.replace("subject,body,priority", "Subject,BODY,Priority", 1).encode(),
        columns=("number", "Subject", "BODY", "Priority"),
    ),
    "line breaks in fields": with_text("a, b\n", "c\n\n\n\nd;\r\ne", "a, b\nc\n\nd;\ne"),
    "escapes": with_text("\\n a\\tb", "c\\r\\nd \\", "a\tb\nc\nd \\"),
    "control characters and accents": with_text("a\x00\x1f", "e\u0301\ufeff", "a\n\u00e9"),
    "Windows paths": with_text(
        r"\\srv01\new", r"See C:\new\temp.txt\nBob", "\\\\srv01\\new\nSee C:\\new\\temp.txt\nBob"
    ),
    "HTML": with_text("A <b> c", "<p>It&nbsp;is\nslow</p><p>Bob</p>", "A <b> c\nIt is slow\n\nBob"),
    "mail": with_text(
        "RE: a", "Yes.\n\nOn 5 May Ann wrote:\n> b?", "RE: a\nYes.\n\nOn 5 May Ann wrote:\n> b?"
    ),
    "stray quotes": Export((PLAIN + '60,"a" x,"b",low\n').encode(), [*TEXTS, "a x\nb"]),
    "an empty text": Export((PLAIN + "60,, ,low\n").encode(), empty=1),
    "a wrong number of fields": Export(
        (PLAIN + "60,a,b,c,low\n61,a\n").encode(), unreadable=(62, 63)
    ),
    "a missing quote": Export((PLAIN + '60,a,"b,low\n61,c,"d",low\n').encode(), unreadable=(62,)),
    "cut off inside quotes": Export((PLAIN + CUT_OFF).encode(), unreadable=(62,)),
    "cut off between fields": Export((PLAIN + "60,Printer").encode(), unreadable=(62,)),
    "an endless field": Export(
        (PLAIN + f"60,{'x' * (1 << 20)}x,b,low\n").encode(), unreadable=(62,)
    ),
}
REFUSED = {
    "a workbook": (b"PK\x03\x04 and more", "an Excel workbook or a zip archive"),
    "a PDF": (b"%PDF-1.7", "a PDF document"),
    "a web page": (b"<html>", "an HTML or XML document"),
    "an empty file": (b"", "is empty"),
    "a binary file": (b"\0a\0\0\1\0\0\xff\0\0", "is a binary file"),
    "an unclear encoding": (
        b"number,subject,body,priority\n1,,na\xefve,low\n",
        "fits several enc",
    ),
    "blank lines": (b"\n \n", "holds no header"),
    "other columns": (b"a,b\n1,2\n", "its columns are 'a', 'b'"),
    "a broken mark": (b"\xff\xfea\x00\x00\xd8\n\x00", "is not what its byte-order mark says"),
}


@pytest.fixture(scope="module")
def model(small_size, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    Classifier.from_scratch(TEXTS, labels=("low", "high"), size=small_size, accelerator="cpu").save(
        folder
    )
    return folder


def texts_of(splits: Splits) -> list[str]:
    names = ("train", "validation", "test")
    return sorted(text for name in names for text in splits.read(name)["text"].to_pylist())


def fetched(path: Path) -> Splits:
    data_dir = str(path.parent / "data")
    return fetch_splits(
        DatasetConfig(name="custom", path=str(path), data_dir=data_dir, near_duplicates=0)
    )


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_every_command_finds_the_same_in_an_odd_export(export, model, tmp_path, caplog):
    path, prepared, answers = (tmp_path / name for name in ("a.csv", "prepared", "out.jsonl"))
    path.write_bytes(export.content)

    assert cs_data(["prepare", str(path), "-o", str(prepared), "--near-duplicates", "0"]) == 0
    splits = Splits.load(prepared)
    assert texts_of(splits) == sorted(export.texts)
    rejected = [json.loads(line) for line in (prepared / "rejected.jsonl").read_text().splitlines()]
    unreadable = [row["line"] for row in rejected if row["reason"] != "empty_text"]
    assert unreadable == list(export.unreadable)
    assert len(rejected) == len(export.unreadable) + export.empty

    inspection = inspect(path, OPTIONS)
    assert inspection.manifest == splits.manifest
    trained_on = fetched(path)
    assert texts_of(trained_on) == sorted(export.texts)
    assert trained_on.manifest.rejected == splits.manifest.rejected

    caplog.clear()
    assert cs_model(["predict", str(model), str(path), "-o", str(answers)]) == 0
    named = [re.search(r"a\.csv, lines? (\d+)", record.getMessage()) for record in caplog.records]
    assert sorted(int(line[1]) for line in named if line) == list(export.unreadable)
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    assert {tuple(row)[: len(export.columns)] for row in rows} == {export.columns}
    assert {tuple(row)[len(export.columns)] for row in rows} == {"predicted_label"}
    [block] = read_export(path, None, ("subject", "body"))
    assert len(rows) == len(block.texts) == len(export.texts) + export.empty
    assert sorted(filter(None, block.texts)) == sorted(export.texts)


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_every_command_refuses_what_is_no_export_in_the_same_words(
    content, message, model, tmp_path, capsys
):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    lines = []
    for main, arguments in (
        (cs_data, ["prepare", path, "-o", tmp_path / "prepared"]),
        (cs_data, ["inspect", path]),
        (cs_model, ["predict", model, path, "-o", tmp_path / "out.csv"]),
    ):
        assert main([str(argument) for argument in arguments]) == 2
        lines += capsys.readouterr().err.splitlines()
    with pytest.raises(DataError, match=re.escape(message)):
        fetched(path)
    assert len(lines) == 3
    assert all(f"{path}" in line and message in line for line in lines)
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "prepared").exists()
