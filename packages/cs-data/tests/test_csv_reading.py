from __future__ import annotations

import codecs

import pytest

from cs_data import DataError, PrepareOptions
from cs_data.cleaning import clean_text
from cs_data.preparing.ticket_table import TicketTable
from cs_data.reading import ExportTable
from cs_data.reading.text_lines import TextLines

HEADER = "subject,body,priority\n"


@pytest.fixture
def read(write_csv):
    """Read a file: its rows as (first line, last line, fields), and the rejected ones."""

    def read(content):
        refused = []
        table = TicketTable(write_csv(content), PrepareOptions())
        rows = [tuple(row) for row in table.rows(refused.append)]
        return rows, [tuple(row) for row in refused], table

    return read


def test_rows_carry_the_lines_they_stand_on_in_the_file(read):
    rows, refused, _ = read(HEADER + 'a,"one\ntwo\n\nthree",low\n\nb,c,high\n')

    assert rows == [(2, 5, ["a", "one\ntwo\n\nthree", "low"]), (7, 7, ["b", "c", "high"])]
    assert refused == []


def test_a_header_over_two_lines_shifts_no_line_number(read):
    rows, _, _ = read('subject,body,priority,"long\nname"\na,b,low,x\n')

    assert rows == [(3, 3, ["a", "b", "low", "x"])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(read, separator):
    content = separator.join(["subject", "body", "priority"]) + "\n"
    content += separator.join(["a", '"x, y; z | t\t"', "low"]) + "\n"

    rows, _, table = read(content)

    assert table.separator == separator
    assert rows[0][2] == ["a", "x, y; z | t\t", "low"]


@pytest.mark.parametrize("printed", ["sep=;", '"sep=;"\r', "SEP=; "])
def test_a_first_line_may_state_the_separator_as_excel_wants_it(read, printed):
    rows, refused, table = read(f"{printed}\nsubject;body;priority;a,b\nx,y;z;low;\n")

    assert table.separator == ";"
    assert (rows, refused) == ([(3, 3, ["x,y", "z", "low", ""])], [])


def test_a_missing_column_below_a_declared_separator_is_reported(write_csv):
    with pytest.raises(DataError, match="has no column 'body': its columns are 'subject', 'p"):
        TicketTable(write_csv("sep=^\nsubject^priority\n"), PrepareOptions())


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_says_the_encoding(read, mark, encoding):
    rows, _, table = read(mark + (HEADER + "Größe,日本語 🎫,low\n").encode(encoding))

    assert rows == [(2, 2, ["Größe", "日本語 🎫", "low"])]
    assert table.lines.encoding == encoding


def test_lines_that_are_not_utf8_are_read_as_windows_1252_and_counted(read):
    content = (HEADER + "é,b,low\n").encode() + "€ größer,“x”,low\n".encode("cp1252")
    content += "日,本,low\n".encode()

    rows, _, table = read(content)

    assert [fields[:2] for _, _, fields in rows] == [["é", "b"], ["€ größer", "“x”"], ["日", "本"]]
    assert (table.lines.repaired, table.lines.repaired_lines) == (1, [3])


def test_one_broken_character_does_not_spoil_the_others_of_its_line(read):
    cut = "Grüße aus Köln,Eine Störung".encode()[:-5] + b",low\n"
    few = "Köln,St\xf6rung zu sp\xe4t,low\n".encode("cp1252")

    rows, _, table = read(HEADER.encode() + cut + few)

    assert [fields[:2] for _, _, fields in rows] == [
        ["Grüße aus Köln", "Eine St\ufffd"],
        ["Köln", "Störung zu spät"],
    ]
    assert (table.lines.repaired, table.lines.repaired_lines) == (2, [2, 3])


def test_of_many_repaired_lines_only_the_first_are_named(read):
    both = "ü,ß,low\n".encode() + "ü,ß,low\n".encode("cp1252")
    rows, _, table = read(HEADER.encode() + 500 * both)

    assert {tuple(fields) for _, _, fields in rows} == {("ü", "ß", "low")}
    assert table.lines.repaired == 500
    assert table.lines.repaired_lines == list(range(3, 23, 2))


def test_line_ends_of_windows_and_old_macs_are_line_ends(read):
    assert read(HEADER.replace("\n", "\r\n") + "a,b,low\r\n")[0] == [(2, 2, ["a", "b", "low"])]
    assert read(HEADER.replace("\n", "\r") + "a,b,low\r")[0] == [(2, 2, ["a", "b", "low"])]


def test_a_file_read_in_several_blocks_loses_no_line(read):
    body = "é" * 700
    rows, refused, table = read(HEADER + "".join(f"{n},{body},low\n" for n in range(3000)))

    assert [fields[0] for _, _, fields in rows] == [str(n) for n in range(3000)]
    assert [line for line, _, _ in rows] == list(range(2, 3002))
    assert refused == []
    assert table.lines.bytes_read == table.path.stat().st_size


def test_a_last_line_without_its_line_end_counts(read):
    assert read(HEADER + "a,b,low")[0] == [(2, 2, ["a", "b", "low"])]


def test_a_record_cut_off_inside_quotes_is_reported_with_its_lines(read):
    rows, refused, _ = read(HEADER + 'a,b,low\nc,"d\ne\nf')

    assert len(rows) == 1
    assert refused == [(3, 5, "cut_off", "the file ends inside a quoted field")]


def test_a_record_cut_off_outside_quotes_is_reported_with_its_line(read):
    _, refused, _ = read(HEADER + "a,b,low\nc,d")

    assert refused == [
        (3, 3, "cut_off", "the file ends in this record: 2 fields where the header has 3")
    ]


def test_a_quote_that_swallows_the_rest_of_the_file_is_suspected(read):
    _, refused, _ = read(HEADER + 'a,"b,low\n' + "c,d,low\n" * 60)

    assert refused == [
        (
            2,
            62,
            "cut_off",
            "the file ends inside a quoted field: a quote is probably missing on line 2",
        )
    ]


def test_a_missing_quote_makes_no_ticket_of_all_up_to_the_next_quoted_field(read):
    rows, refused, _ = read(HEADER + 'a,"b,low\n' + "x,y,low\n" * 5 + 'c,"z",high\nd,e,low\n')

    assert rows == [(9, 9, ["d", "e", "low"])]
    assert refused == [
        (
            2,
            8,
            "broken_quotes",
            "text goes on behind a closing quote on line 8: a quote is probably missing on line 2",
        )
    ]


def test_stray_quotes_on_the_first_line_of_a_record_stay_in_the_text(read):
    rows, refused, _ = read(
        HEADER
        + '"a" ,"b\n""c""",low\n"d "e" f",g,low\n"h"i,j,high\n"k" ,"l,low\nm,"n",low\no,p,low'
    )

    assert rows == [
        (2, 3, ["a ", 'b\n"c"', "low"]),
        (4, 4, ['d e" f"', "g", "low"]),
        (5, 5, ["hi", "j", "high"]),
        (8, 8, ["o", "p", "low"]),
    ]
    assert [row[:3] for row in refused] == [(6, 7, "broken_quotes")]


@pytest.mark.parametrize("end", ['"b', '"b\nc\n', 'b,"lo'])
def test_a_record_with_a_stray_quote_that_is_cut_off_is_reported_as_such(read, end):
    _, refused, _ = read(HEADER + '"a" ,' + end)

    assert refused[0][2:] == ("cut_off", "the file ends inside a quoted field")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
def test_a_carriage_return_inside_a_field_is_a_line_break_of_its_text(write_csv, end):
    path = write_csv(HEADER.replace("\n", end) + f'a\rb,"c\r\rd"\r,low{end}' + f"e,f,low{end}")
    rows = list(TicketTable(path, PrepareOptions()).rows(pytest.fail))

    assert [row.line for row in rows] == [2, 3]
    assert [clean_text(field) for field in rows[0].fields] == ["a\nb", "c\n\nd", "low"]


def test_a_carriage_return_alone_at_the_end_of_the_file_is_no_text(read):
    assert read(HEADER + "a,b,low\n\r")[:2] == ([(2, 2, ["a", "b", "low"])], [])


def test_after_an_endless_field_reading_goes_on(read):
    rows, refused, _ = read(
        HEADER + 'a,"' + "x" * 999 + "\n" + ("y" * 999 + "\n") * 1200 + "a,b,low\n"
    )

    assert refused[0][:3] == (2, 1050, "endless_field")
    assert "a quote is probably missing on line 2" in refused[0][3]
    assert rows[-1][2] == ["a", "b", "low"]
    assert len(rows) + len(refused) == 1202 - 1050 + 2


def test_too_few_and_too_many_fields_are_reported(read):
    rows, refused, _ = read(HEADER + "a,b\na,b,low,x\na,b,low\n")

    assert [row[0] for row in rows] == [4]
    assert refused == [
        (2, 2, "wrong_field_count", "2 fields where the header has 3"),
        (3, 3, "wrong_field_count", "4 fields where the header has 3"),
    ]


def test_empty_fields_beyond_the_header_do_no_harm(read):
    rows, refused, _ = read(HEADER + "a,b,low,, \n")

    assert (len(rows), refused) == (1, [])


def test_blank_lines_are_no_records(read):
    rows, refused, _ = read("\n" + HEADER + "\n   \na,b,low\n\n\n")

    assert ([row[0] for row in rows], refused) == ([5], [])


def test_column_names_are_found_in_any_case_with_blanks_around(read):
    _, _, table = read(" Subject ,BODY,Priority\na,b,low\n")

    assert (table.text_at, table.label_at, table.language_at) == ([0, 1], 2, None)


def test_an_exact_column_name_goes_before_one_in_another_case(read):
    _, _, table = read("Body,subject,body,priority\nx,a,b,low\n")

    assert table.text_at == [1, 2]


def test_a_missing_column_is_reported_with_the_columns_there_are_and_the_nearest(write_csv):
    path = write_csv("subject,bodi,priority\na,b,low\n")

    with pytest.raises(DataError) as error:
        TicketTable(path, PrepareOptions())

    assert str(error.value) == (
        f"{path} has no column 'body': its columns are 'subject', 'bodi', 'priority'; "
        "did you mean 'bodi'? name the right one with --text-columns (cs-data) or "
        "dataset.text_columns (cs-train)"
    )


def test_a_missing_label_column_is_reported_with_the_setting_that_names_it(write_csv):
    path = write_csv("subject,body,urgency\na,b,low\n")

    with pytest.raises(
        DataError, match=r"--label-column \(cs-data\) or dataset.label_column \(cs-t"
    ):
        TicketTable(path, PrepareOptions())


def test_of_many_columns_only_some_are_reported(write_csv):
    path = write_csv(",".join(f"c{n}" for n in range(65)) + "\n")

    with pytest.raises(DataError, match=r"'c49' and 15 more; name the right one"):
        TicketTable(path, PrepareOptions())


def test_a_repeated_column_is_listed_once(write_csv):
    path = write_csv("id," + "Labels,," * 60 + "Description\n")

    with pytest.raises(DataError, match="its columns are 'id', 'Labels', 'Description'; name"):
        TicketTable(path, PrepareOptions())


@pytest.mark.parametrize(
    ("text_columns", "words"),
    [
        (("subject", "Priority"), "'Priority' and 'priority' are one column, named both as text"),
        (("subject", "Subject"), "two of these are one column: name it once"),
    ],
)
def test_a_column_named_twice_in_another_case_is_refused(write_csv, text_columns, words):
    path = write_csv(HEADER)

    with pytest.raises(DataError, match=words):
        TicketTable(path, PrepareOptions(text_columns=text_columns))


def test_two_columns_of_one_name_are_refused_if_needed(write_csv):
    with pytest.raises(DataError, match=r"2 columns are called 'body' \(columns 2, 3\)"):
        TicketTable(write_csv("subject,body,body,priority\n"), PrepareOptions())

    TicketTable(write_csv("subject,body,tag,tag,priority\n"), PrepareOptions())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "holds no header"),
        (b"PK\x03\x04rest", "is an Excel workbook or a zip archive"),
        (b"\xd0\xcf\x11\xe0rest", "is an old Excel workbook or one with a password"),
        (b"PAR1rest", "is a Parquet file"),
        (b"\x1f\x8brest", "is an archive that is cut off or damaged"),
        (b"<!DOCTYPE html>", "is an HTML or XML document"),
        (b'{"subject": 1}', "holds no list of objects"),
        (b'{"subject": 1]', "is not valid JSON"),
        (b"\0a\0\0\1\0\0\xff\0\0", "is a binary file"),
        (b'"' + b"x" * (1 << 21), "holds no header"),
        (b"\xff\xfe\x00\xd8a\x00", "is not what its byte-order mark says, utf-16-le"),
    ],
)
def test_what_is_no_csv_file_is_refused_by_name(write_csv, content, words):
    with pytest.raises(DataError, match=words):
        TicketTable(write_csv(content), PrepareOptions())


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        TicketTable(tmp_path / "none.csv", PrepareOptions())
    with pytest.raises(DataError, match="is a folder: name the export in it"):
        TicketTable(tmp_path, PrepareOptions())
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot be read: Not a directory"):
        TicketTable(tmp_path / "file" / "x.csv", PrepareOptions())


def test_a_line_of_many_megabytes_is_refused_before_it_fills_the_memory(write_csv):
    path = write_csv(HEADER.encode() + b"x" * (18 << 20))

    with pytest.raises(DataError, match="longer than 16 MiB"):
        list(TextLines(path))


def test_the_first_alternative_that_the_header_has_decides_separator_and_columns(write_csv):
    path = write_csv("a,body;Text\n1,2;3\n")

    table = ExportTable(path, [("subject", "body"), ("text",), ("a",)])

    assert (table.separator, table.needed, table.columns) == (";", ("text",), ("a,body", "Text"))
    assert [row.fields for row in table.rows(pytest.fail)] == [["1,2", "3"]]


def test_when_no_alternative_is_there_the_first_absent_column_of_each_is_named(write_csv):
    path = write_csv("subject,bodi\n")

    with pytest.raises(DataError, match=r"has no column 'body' or 'text': its .* 'bodi'\? -c body"):
        ExportTable(path, [("subject", "body"), ("text",)], lambda name: f"-c {name}")


def test_columns_have_unique_names(write_csv):
    table = ExportTable(write_csv("tag,tag (2),,tag,text,\n"), [("text",)])

    assert table.columns == ("tag", "tag (2)", "column_3", "tag (3)", "text", "column_6")


def test_an_unknown_column_asked_for_later_is_refused_with_the_nearest_name(write_csv):
    table = ExportTable(write_csv("text,label\n"), [("text",)])

    assert (table.has("LABEL"), table.column("Label"), table.has("labels")) == (True, 1, False)
    with pytest.raises(DataError, match=r"has no column 'labels': .*; did you mean 'label'"):
        table.column("labels")


def test_a_row_has_as_many_fields_as_there_are_columns(write_csv):
    table = ExportTable(write_csv("text,label\na,b,, \n"), [("text",)])

    assert [row.fields for row in table.rows(pytest.fail)] == [["a", "b"]]


def test_a_first_line_that_is_no_header_is_shown_shortened(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("My ticket, " + "which has no header, " + "x" * 5000 + "\n")

    with pytest.raises(DataError, match=r"its columns are 'My ticket', 'which .*', 'xxx") as raised:
        ExportTable(path, [["subject"]])
    assert len(str(raised.value)) < 500
