from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import threading
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cs_data_tests.tickets import rejected_rows, tickets_of, unlike_texts
from cs_data_tests.workbooks import write_workbook

from cs_data import DataError, PrepareOptions, prepare
from cs_data.checksums import md5_of
from cs_data.cli import main
from cs_data.reading import ExportTable, file_bytes

COLUMNS = ("subject", "body", "priority")
ROWS = [
    [f"s{at}", text, ("low", "medium", "high")[at % 3]] for at, text in enumerate(unlike_texts(60))
]


def as_csv(rows=ROWS, columns=COLUMNS) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    return file.getvalue().encode()


def as_objects(rows=ROWS):
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def as_lines(rows=ROWS) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in as_objects(rows)).encode()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_method(number: int) -> bytes:
    """Return a zip archive that says its file is packed by another method (9 is Windows' own)."""
    content = bytearray(zipped({"a.csv": as_csv()}))
    content[8] = content[content.find(b"PK\x01\x02") + 10] = number
    return bytes(content)


def parquet(objects) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(objects), file)
    return file.getvalue()


FILES = {
    "tickets.csv": as_csv(),
    "tickets.csv.gz": gzip.compress(as_csv()),
    "tickets.csv.zip": zipped(
        {"export/tickets.csv": as_csv(), "__MACOSX/._tickets.csv": b"x", "export/.DS_Store": b"x"}
    ),
    "tickets.jsonl": as_lines(),
    "tickets.ndjson.gz": gzip.compress(as_lines()),
    "tickets.jsonl.zip": zipped({"tickets.jsonl": as_lines()}),
    "tickets.json": json.dumps(as_objects(), indent=1).encode(),
    "one line.json": json.dumps(as_objects()).encode(),
    "zendesk.json": json.dumps({"count": 60, "next": None, "tickets": as_objects()}).encode(),
    "tickets.json.gz": gzip.compress(json.dumps({"data": {"items": as_objects()}}).encode()),
    "tickets.xlsx": write_workbook([("Tickets", [COLUMNS, *ROWS])]),
    "tickets.parquet": parquet(as_objects()),
}


def short_id(value):
    """Return a test's id for a value; the bytes of archives differ from process to process."""
    return "content" if isinstance(value, bytes) else None


def read(path, needed=COLUMNS, **options):
    """Read a file: its rows as (first line, fields), the rejected ones, and the table."""
    refused = []
    table = ExportTable(path, [needed], **options)
    return [(row.line, row.fields) for row in table.rows(refused.append)], refused, table


@pytest.fixture
def write(tmp_path):
    def write(content, name):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_tickets_and_facts_of_the_file(write, tmp_path, name):
    path = write(FILES[name], name)
    splits = prepare(path, tmp_path / "out")

    wanted = prepare(write(FILES["tickets.csv"], "wanted.csv"), tmp_path / "wanted")
    assert tickets_of(splits) == tickets_of(wanted)
    raw = splits.manifest.raw
    assert (raw.md5, raw.bytes) == (md5_of(path), path.stat().st_size)


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_holds_goes_before_what_it_is_called(write, name):
    for other in ("tickets.csv", "tickets.xlsx", "tickets.parquet", "tickets"):
        assert [fields for _, fields in read(write(FILES[name], other))[0]] == ROWS


@pytest.mark.parametrize("name", FILES)
def test_rows_can_be_read_twice_and_are_numbered_as_a_person_counts(write, name):
    path = write(FILES[name], name)
    table = ExportTable(path, [COLUMNS])
    first, again = (list(table.rows(pytest.fail)) for _ in range(2))

    assert first == again
    below_a_header = "csv" in name or "xlsx" in name
    assert [row.line for row in first] == list(range(1 + below_a_header, 61 + below_a_header))
    assert table.unit == ("line" if "csv" in name or "jsonl" in name or "ndjson" in name else "row")


@pytest.mark.parametrize("name", FILES)
def test_rows_that_cannot_be_used_are_reported_alike_in_every_format(write, tmp_path, name):
    rows = [*ROWS, ["", "", "low"], ["s", "t", ""]]
    made = {
        "csv": as_csv(rows),
        "jsonl": as_lines(rows),
        "ndjson": as_lines(rows),
        "json": json.dumps(as_objects(rows)).encode(),
        "xlsx": write_workbook([("Tickets", [COLUMNS, *rows])]),
        "parquet": parquet(as_objects(rows)),
    }
    content = made[name.split(".")[1]]
    splits = prepare(write(content, name), tmp_path / "out", PrepareOptions(max_rejected=0.1))

    first = 61 + ("csv" in name or "xlsx" in name)
    assert [(row["line"], row["reason"]) for row in rejected_rows(splits)] == [
        (first, "empty_text"),
        (first + 1, "empty_label"),
    ]


def test_objects_inside_become_columns_and_lists_are_joined(write):
    ticket = {
        "subject": "a",
        "requester": {"name": "Ann", "group": {"id": 7}},
        "tags": ["vpn", "mail", None],
        "comments": [{"body": "first", "public": True}, {"body": "second"}],
        "satisfaction": None,
        "version": 1.10,
        "big": 12345678901234567890123,
        "ok": False,
    }
    text = json.dumps(ticket).replace("1.1,", "1.10,")
    late = '{"subject": "b", "satisfaction": {"score": "good"}, "new": 3.0}'
    rows, _, table = read(write(f"{text}\n{late}\n", "t.jsonl"), ("subject",))

    assert dict(zip(table.columns, rows[0][1], strict=True)) == {
        "subject": "a",
        "requester.name": "Ann",
        "requester.group.id": "7",
        "tags": "vpn, mail",
        "comments.body": "first\nsecond",
        "comments.public": "true",
        "version": "1.10",
        "big": "12345678901234567890123",
        "ok": "false",
        "satisfaction.score": "",
        "new": "",
    }
    assert rows[1][1][-2:] == ["good", "3.0"]


def test_nested_columns_of_parquet_are_named_as_those_of_json(write):
    objects = [
        {
            "text": "a",
            "who": {"name": "Ann"},
            "tags": ["x", "y"],
            "notes": [{"t": "1"}, {"t": "2"}],
        },
        {"text": "b", "who": None, "tags": None, "notes": []},
    ]
    rows, _, table = read(write(parquet(objects), "t.parquet"), ("text",))

    assert table.columns == ("text", "who.name", "tags", "notes.t")
    assert [fields for _, fields in rows] == [["a", "Ann", "x, y", "1\n2"], ["b", "", "", ""]]


def test_times_of_parquet_that_python_has_no_value_for_are_text(write):
    file = io.BytesIO()
    times = {
        "text": pa.array(["a"]),
        "late": pa.array([253_402_300_800], pa.timestamp("s")),
        "day": pa.array([2_932_897], pa.date32()),
        "long": pa.array([10**15], pa.duration("s")),
    }
    pq.write_table(pa.table(times), file)
    [(_, fields)], _, _ = read(write(file.getvalue(), "t.parquet"), ("text",))

    assert fields == ["a", "10000-01-01 00:00:00.000", "10000-01-01", f"{10**15}"]


def test_parquet_with_text_that_is_no_utf8_is_refused_in_one_line(write):
    broken = pa.Array.from_buffers(pa.string(), 1, pa.array([b"caf\xe9"]).buffers())
    file = io.BytesIO()
    pq.write_table(pa.table({"text": broken}), file)

    with pytest.raises(DataError, match="is a Parquet file that cannot be read"):
        read(write(file.getvalue(), "t.parquet"), ("text",))


def test_values_with_types_are_text_as_a_person_sees_them(write):
    values = {
        "text": "a",
        "whole": 3.0,
        "share": 0.25,
        "none": None,
        "missing": float("nan"),
        "day": date(2024, 1, 5),
        "time": datetime(2024, 1, 5, 3, 2),
        "midnight": datetime(2024, 1, 5),
        "zone": datetime(2024, 1, 5, tzinfo=UTC),
        "ok": True,
    }
    shown = ["a", "3", "0.25", "", "", "2024-01-05", "2024-01-05 03:02:00", "2024-01-05"]
    [(_, fields)], _, _ = read(write(parquet([values]), "t.parquet"), ("text",))
    assert fields == [*shown, "2024-01-05 00:00:00+00:00", "true"]

    for key in ("missing", "zone", "none"):
        del values[key]
    sheet = [list(values), list(values.values())]
    [(_, fields)], _, _ = read(write(write_workbook([("S", sheet)]), "t.xlsx"), ("text",))
    assert fields == ["a", "3", "0.25", "2024-01-05", *shown[6:], "true"]


def test_the_first_sheet_with_the_columns_is_read_below_its_title(write):
    rows = [
        ["Report of May"],
        [],
        [None, *COLUMNS],
        [1, "a", "b", "low"],
        [],
        [2, "#N/A", "d", "x"],
    ]
    sheets = [("Cover", [["nothing"]]), ("Data", rows), ("More", [COLUMNS])]
    found, refused, table = read(write(write_workbook(sheets), "t.xlsx"))

    assert found == [(4, ["1", "a", "b", "low"]), (6, ["2", "", "d", "x"])]
    assert refused == []
    assert table.notes == (
        "of 3 sheets, 'Data' is read",
        "the header is on row 3: the 1 row above it is skipped",
    )


def test_hidden_sheets_are_read_only_if_no_other_has_the_columns(write):
    workbook = openpyxl.Workbook()
    workbook.active.append([*COLUMNS])
    workbook.active.sheet_state = "hidden"
    shown = workbook.create_sheet("Shown")
    for row in [COLUMNS, *ROWS]:
        shown.append(row)
    file = io.BytesIO()
    workbook.save(file)

    rows, _, table = read(write(file.getvalue(), "t.xlsx"))

    assert [fields for _, fields in rows] == ROWS
    assert table.notes == ("of 2 sheets, 'Shown' is read",)


@pytest.mark.parametrize("has_dimension", [True, False])
def test_a_cell_far_outside_the_table_is_refused_before_it_takes_all_memory(write, has_dimension):
    content = workbook_with_last_cell("x", has_dimension=has_dimension)

    with pytest.raises(DataError, match="a cell as far out as XFD1048576 makes a sheet too large"):
        read(write(content, "t.xlsx"))


@pytest.mark.parametrize("has_dimension", [True, False])
def test_formats_far_outside_the_table_do_no_harm(write, has_dimension):
    content = workbook_with_last_cell(None, has_dimension=has_dimension)

    assert [fields for _, fields in read(write(content, "t.xlsx"))[0]] == [[*row] for row in ROWS]


def workbook_with_last_cell(value, *, has_dimension):
    workbook = openpyxl.Workbook()
    for row in [COLUMNS, *ROWS]:
        workbook.active.append(row)
    workbook.active["XFD1048576"] = value
    workbook.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    file = io.BytesIO()
    workbook.save(file)
    if has_dimension:
        return file.getvalue()
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    return zipped(members | {sheet: re.sub(rb"<dimension[^>]*>", b"", members[sheet])})


@pytest.mark.parametrize(
    ("above", "skipped"),
    [
        ("Ticket report 2024\nGenerated by A. User\n\n", 2),
        ('"Open tickets, by priority"\n"Filter: all"\n', 2),
        ("Report;;\n;;\nas of;2024-05-01;\n", 2),
        ("Title, and more,of it\n" * 20, 20),
    ],
)
def test_titles_above_the_header_are_skipped_and_counted(write, above, skipped):
    separator = ";" if ";" in above else ","
    text = above + separator.join(COLUMNS) + "\n" + separator.join("abc") + "\n"
    rows, refused, table = read(write(text, "t.csv"))

    line = above.count("\n") + 1
    assert (rows, refused) == ([(line + 1, ["a", "b", "c"])], [])
    lines = f"{skipped} lines above it are"
    assert table.notes == (f"the header is on line {line}: the {lines} skipped",)


def test_a_row_that_holds_the_word_looked_for_is_no_header(write):
    with pytest.raises(DataError, match="no column 'text': its columns are 'id', 'comment'"):
        read(write("id,comment\n1,a\n2,text\n", "t.csv"), ("text",))


def test_an_absent_column_below_titles_is_reported_with_the_columns_of_the_table(write):
    text = "Report, made by A\n\nsubject,bodi,priority\n" + "a,b,low\n" * 5
    with pytest.raises(DataError, match="its columns are 'subject', 'bodi', 'priority'; did you"):
        read(write(text, "t.csv"))


def test_an_absent_column_below_titles_of_a_sheet_is_reported_with_the_columns(write):
    # A sheet has as many cells in a row of titles as in its header.
    titles = [["Report", *[None] * 3], ["from", "January", *[None] * 2]]
    header, rows = ["Nr", "Betreff", "Text", None], [["1", "a", "b", "x"]] * 5
    with pytest.raises(DataError, match=r"its columns are 'Nr', 'Betreff', 'Text'; name"):
        read(write(write_workbook([("S", [*titles, header, *rows])]), "t.xlsx"))


@pytest.mark.parametrize("name", ["t.xls", "t.XLS", "t.csv"])
def test_a_workbook_is_read_whatever_it_is_called(write, name):
    rows, _, _ = read(write(FILES["tickets.xlsx"], name))
    assert [row[1] for row in rows] == ROWS


MYSQL = (
    '"subject","body","priority"\n'
    '"He said \\"hi\\", then left","path \\"C:\\\\x\\"","low"\n'
    '"a","line\\\nbreak \\n","high"\n'
    '"\\"quoted\\"",\\N,"low"\n'
)


def test_quotes_that_backslashes_escape_are_recognised_and_reported(write):
    rows, refused, table = read(write(MYSQL, "t.csv"))

    assert refused == []
    assert rows == [
        (2, ['He said "hi", then left', 'path "C:\\x"', "low"]),
        (3, ["a", "line\nbreak \\n", "high"]),
        (5, ['"quoted"', "", "low"]),
    ]
    assert table.notes == ("quotes and separators are escaped by backslashes, as MySQL does",)


def test_escaped_tabs_and_line_breaks_without_quotes_are_recognised(write):
    text = "subject\tbody\tpriority\na\\\tb\tc\\\nd\tlow\n" + "x\ty\\\tz\tlow\n" * 3
    rows, refused, _ = read(write(text, "t.tsv"))

    assert (rows[0], len(rows), refused) == ((2, ["a\tb", "c\nd", "low"]), 4, [])


def test_backslashes_that_escape_nothing_stay(write):
    text = (
        "subject,body,priority\n"
        '"a","C:\\",low\n"b","say ""C:\\""",low\n'
        'c,C:\\"Program Files"\\x,low\nd,\\N,high\n'
    )
    rows, refused, table = read(write(text, "t.csv"))

    assert (refused, table.notes) == ([], ())
    assert [fields[1] for _, fields in rows] == [
        "C:\\",
        'say "C:\\"',
        'C:\\"Program Files"\\x',
        "",
    ]


def test_the_first_escaped_quote_may_be_far_into_the_file(write):
    text = "subject,body,priority\n" + '"a","b","low"\n' * 200_000 + MYSQL.partition("\n")[2]
    rows, refused, table = read(write(text, "t.csv"))

    assert refused == []
    assert rows[-3][1][0] == 'He said "hi", then left'
    assert table.notes


def test_broken_lines_of_json_are_reported_and_the_others_read(write):
    text = as_lines(ROWS[:2]).decode() + '{"subject": "a" "b"}\n[1]\n\n{"subject": "x", "bo'
    rows, refused, _ = read(write(text, "t.jsonl"))

    assert [line for line, _ in rows] == [1, 2]
    assert [(row.line, row.reason) for row in refused] == [
        (3, "broken_json"),
        (4, "broken_json"),
        (6, "cut_off"),
    ]
    assert refused[0].detail == "not JSON: Expecting ',' delimiter (column 17)"


@pytest.mark.parametrize("cut", [3, 30])
def test_a_json_document_that_is_cut_off_loses_only_its_last_ticket(write, cut):
    text = json.dumps({"tickets": as_objects()})[:-cut]
    rows, refused, _ = read(write(text, "t.json"))

    assert len(rows) == (59 if cut == 30 else 60) - (cut == 3)
    assert [row[2] for row in refused] == ["cut_off"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '[{"subject": "a"}, {"subject" "b"}]',
            r"is not valid JSON behind item 1 of its list: exp",
        ),
        ('[{"subject": "a"}] [1]', "text goes on behind the end; write one object a line"),
        ('{"subject": "a"}', "holds no list of objects: a list of tickets is expected"),
        (
            '{"a": [{"x": 1}], "b": [{"y": 2}, {"y": 3}]}',
            "has no column 'subject': its columns are",
        ),
        ("[[1, 2], [3, 4]]", "holds no list of objects"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"a":' * 100_000, "is not valid JSON at its beginning: it is nested too deeply"),
        ('{"subject": "a", "tags": []}', "holds no list of objects"),
    ],
)
def test_json_that_cannot_be_used_is_refused_in_one_line(write, content, message):
    with pytest.raises(DataError, match=message):
        read(write(content, "t.json"))


def test_lines_none_of_which_is_json_are_refused_with_the_problem_of_the_first(write):
    commas = as_lines().replace(b"}", b"},")

    with pytest.raises(DataError, match=r"no list of objects \(line 1 is not JSON: Extra data"):
        read(write(commas, "t.jsonl"))


@pytest.mark.parametrize("depth", [100, 900, 100_000])
def test_lists_in_lists_are_joined_or_refused_but_never_end_the_reading(write, depth):
    deep = '{"subject": "s", "body": "b", "priority": "low", "x": %s1%s}\n'
    content = as_lines() + (deep % ("[" * depth, "]" * depth)).encode()
    rows, refused, _ = read(write(content, "t.jsonl"))

    assert len(rows) + len(refused) == len(ROWS) + 1
    assert {row[2:] for row in refused} <= {("broken_json", "nested too deeply")}


def test_of_several_lists_the_one_with_the_columns_is_read(write):
    document = {"users": [{"name": "x"}], "tickets": as_objects(), "tags": ["a"]}
    rows, _, table = read(write(json.dumps(document), "t.json"))

    assert [fields for _, fields in rows] == ROWS
    assert table.notes == ("of 2 lists, 'tickets' is read",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.json", b"[]"),
        ("t.json", b'{"count": 0, "tickets": []}'),
        ("t.jsonl", b""),
        ("t.jsonl.gz", gzip.compress(b"")),
        ("t.ndjson", b"\n"),
        ("t.csv", as_csv([])),
        ("t.xlsx", write_workbook([("S", [COLUMNS])])),
    ],
    ids=short_id,
)
def test_an_export_without_tickets_is_no_broken_one(write, tmp_path, name, content):
    path = write(content, name)
    rows, refused, table = read(path)

    assert (rows, refused, table.columns) == ([], [], COLUMNS)
    with pytest.raises(DataError, match="holds a header but no rows"):
        prepare(path, tmp_path / "out")


def test_a_document_on_one_line_of_many_megabytes_is_read(write):
    rows = [[subject, f"{body} " * 5000, priority] for subject, body, priority in ROWS]
    content = json.dumps({"tickets": as_objects(rows)})
    assert len(content) > 16 << 20

    assert [fields for _, fields in read(write(content, "t.json"))[0]] == rows


def test_half_an_emoji_in_json_is_replaced(write):
    rows, _, _ = read(write('{"text": "a\\ud83d b \\ud83d\\ude00"}\n', "t.jsonl"), ("text",))

    assert rows == [(1, ["a\ufffd b 😀"])]


def test_json_in_another_encoding_is_read(write):
    lines = "".join(f'{{"text": "Größe der Straße {n} in Köln"}}\n' for n in range(30))
    for codec in ("cp1252", "utf-16", "utf-8-sig"):
        rows, _, _ = read(write(lines.encode(codec), "t.jsonl"), ("text",))
        assert rows[0] == (1, ["Größe der Straße 0 in Köln"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "t.zip",
            zipped({"a.csv": as_csv(), "b.csv": as_csv()}),
            r"of 2 files \(a.csv, b.csv\): unpack it",
        ),
        ("t.zip", zipped({"a/": b""}), r"of 0 files \(it is empty\): unpack it and name one file"),
        (
            "t.zip",
            zipped({"t.parquet": FILES["tickets.parquet"]}),
            "holds a Parquet file: unpack it",
        ),
        ("t.gz", gzip.compress(FILES["tickets.xlsx"]), "holds an Excel workbook or a zip archive"),
        ("t.gz", gzip.compress(as_csv())[:-20], "is an archive that is cut off or damaged"),
        ("t.zip", with_method(9), r"packed in an unusual way \(a.csv\): unpack it"),
        ("t.ods", zipped({"mimetype": b"a", "content.xml": b"b"}), "is a document, not an Excel"),
        ("t.docx", zipped({"[Content_Types].xml": b"a", "w": b"b"}), "is a document, not an Ex"),
        ("t.xlsx", b"\xd0\xcf\x11\xe0" * 99, "is an old Excel workbook or one with a password"),
        ("t.gz", gzip.compress(b""), "is empty: a header line and rows are expected"),
        ("t.xlsx", FILES["tickets.xlsx"][:-30], "workbook or a zip archive that is damaged"),
        ("t.parquet", FILES["tickets.parquet"][:-30], "is a Parquet file that cannot be read"),
        ("t.xlsx", write_workbook([("S", [["a", "b"]])]), "has no column 'subject': its columns"),
        ("t.xlsx", write_workbook([("S", [])]), "holds no header"),
        ("t.parquet", parquet([{}]), "holds no header"),
        ("t.parquet", parquet([{"": 1}]), "holds no header"),
        ("t.parquet", parquet([{"a": 1}]), "has no column 'subject': its columns are 'a'"),
    ],
    ids=short_id,
)
def test_archives_and_workbooks_that_cannot_be_used_are_refused_in_one_line(
    write, name, content, message
):
    with pytest.raises(DataError, match=message):
        list(read(write(content, name))[0])


@pytest.mark.parametrize("name", ["tickets.csv", "tickets.xlsx"])
def test_a_pipe_is_read(tmp_path, name):
    content = FILES[name]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    try:
        splits = prepare(pipe, tmp_path / "out")
    finally:
        writer.join()

    assert splits.manifest.rows == 60
    assert splits.manifest.raw.bytes == len(content)


def test_a_pipe_that_nothing_writes_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(file_bytes, "_SECONDS_FOR_A_WRITER", 0)
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="is a pipe that nothing writes to"):
        read(tmp_path / "pipe")


def test_a_device_is_refused():
    with pytest.raises(DataError, match="/dev/zero is a device"):
        read(Path("/dev/zero"))


def test_a_pipe_is_refused_where_its_content_is_needed_again(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="can be read only once: save it first"):
        md5_of(tmp_path / "pipe")


def test_the_commands_report_how_a_file_was_read(write, tmp_path, capsys):
    path = write("Tickets of May\n" + as_csv().decode(), "t.csv")

    assert main(["prepare", str(path), "-o", str(tmp_path / "out")]) == 0
    note = "t.csv: the header is on line 2: the 1 line above it is skipped"
    assert note in capsys.readouterr().out
    assert main(["inspect", str(write(FILES["tickets.xlsx"], "t.xlsx"))]) == 0
    assert capsys.readouterr().out.startswith("t.xlsx: rows\n")


def test_the_encoding_of_a_command_is_used(write, tmp_path, capsys):
    path = write(as_csv() + "ж,ж,low\n".encode("cp1251"), "t.csv")
    output = ["-o", str(tmp_path / "out")]

    assert main(["prepare", str(path), *output, "--encoding", "utf-8"]) == 2
    assert "line 62 cannot be decoded" in capsys.readouterr().err
    assert main(["prepare", str(path), *output, "--encoding", "windows-1251"]) == 0
    assert main(["prepare", str(path), *output, "--encoding", "klingon"]) == 2
    assert "got 'klingon'" in capsys.readouterr().err
