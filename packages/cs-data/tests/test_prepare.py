from __future__ import annotations

import hashlib
import json
import os
import random
import shlex
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from cs_data_tests.tickets import contents_of, rejected_rows, tickets_of, unlike_texts

from cs_data import DataError, Manifest, PrepareOptions, Splits, prepare
from cs_data.preparing.label_arguments import parse_labels
from cs_data.reports.summary import remarks


def md5(path):
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


HEADER = "subject,body,priority,language\n"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_every_row_of_the_file_is_in_a_split_or_among_the_rejected(tickets_csv, out):
    splits = prepare(
        tickets_csv(
            "s,,low,en\n"
            ",x y z,,en\n"
            "a,b,odd,en\n"
            "a,b c,low\n"
            '"cut'
        ),
        out,
    )  # fmt: skip

    assert rejected_rows(splits) == [
        {"line": 63, "end_line": 63, "reason": "empty_label", "detail": "nothing in priority"},
        {
            "line": 64,
            "end_line": 64,
            "reason": "unknown_label",
            "detail": "'odd' is none of low, medium, high",
        },
        {
            "line": 65,
            "end_line": 65,
            "reason": "wrong_field_count",
            "detail": "3 fields where the header has 4",
        },
        {
            "line": 66,
            "end_line": 66,
            "reason": "cut_off",
            "detail": "the file ends inside a quoted field",
        },
    ]
    assert len(tickets_of(splits)) + len(rejected_rows(splits)) == 65
    assert sum(splits.manifest.rejected.values()) == 4


def test_a_ticket_with_one_empty_text_column_is_kept_and_one_with_none_is_not(tickets_csv, out):
    splits = prepare(
        tickets_csv('subject alone,,low,en\n,body alone,low,en\n" ",\\n,low,en\n'), out
    )

    assert {"subject alone", "body alone"} <= {row["text"] for row in tickets_of(splits)}
    assert [(row["line"], row["detail"]) for row in rejected_rows(splits)] == [
        (64, "nothing in subject and body")
    ]


def test_of_identical_tickets_only_those_with_a_usable_label_are_counted(tickets_csv, out):
    splits = prepare(tickets_csv("a,b,odd,en\na,b,low,en\n"), out)

    assert [row["reason"] for row in rejected_rows(splits)] == ["unknown_label"]
    assert splits.manifest.identical.rows == 0


def test_a_label_too_rare_for_three_splits_is_rejected(tickets_csv, out):
    rare = [f"{text},rare" for text in unlike_texts(2, seed=4)]
    alike = [f"{' '.join(unlike_texts(1, seed=5, words=40))} x{n},alike" for n in "abc"]
    rows = [f"{text},{'xy'[at % 2]}" for at, text in enumerate(unlike_texts(20))]
    path = tickets_csv()
    path.write_text("body,kind\n" + "\n".join(rare + rows + alike) + "\n")

    options = PrepareOptions(text_columns=("body",), label_column="kind", max_rejected=0.2)
    splits = prepare(path, out, options)

    assert splits.manifest.labels == ("x", "y")
    assert splits.manifest.lost_labels == ("alike", "rare")
    printed = [str(line) for line in remarks(splits.manifest, splits.rejected_lines(1))]
    assert (
        "labels left out, whose tickets are too few or too much alike (rare_label): "
        "'alike', 'rare'; 2 are left"
    ) in printed
    assert [(row["line"], row["reason"]) for row in rejected_rows(splits)] == [
        (2, "rare_label"),
        (3, "rare_label"),
        (24, "rare_label"),
        (25, "rare_label"),
        (26, "rare_label"),
    ]
    assert rejected_rows(splits)[0]["detail"] == (
        "'rare' has too few groups of tickets to be in every split"
    )


def test_more_odd_labels_than_can_be_counted_are_still_reported_one_by_one(write_csv, out):
    labels = ["low", "high"] * 600 + [f"odd {n}" for n in range(1100)]
    rows = [f",{text},{label},en" for text, label in zip(unlike_texts(2300), labels, strict=True)]
    splits = prepare(write_csv(HEADER + "\n".join(rows)), out, PrepareOptions(max_rejected=1))

    printed = rejected_rows(splits)
    assert splits.manifest.rejected == {"unknown_label": 1100}
    assert len(splits.manifest.unknown_values) == 20
    assert [row["line"] for row in printed] == list(range(1202, 2302))
    assert printed[0]["detail"] == "'odd 0' is none of low, medium, high"
    assert printed[-1]["detail"] == "'odd 1099' is no label"


def test_each_value_that_is_no_label_is_named_with_its_count(tickets_csv, out):
    splits = prepare(tickets_csv("a,b,Q1,en\na,c,vip,en\na,d,VIP,en\n"), out)

    assert splits.manifest.unknown_values == {"vip": 2, "Q1": 1}
    assert Splits.load(out).manifest == splits.manifest
    assert "values that are no labels (unknown_label): 'vip' 2, 'Q1' 1" in [
        str(line) for line in remarks(splits.manifest, splits.rejected_lines(5))
    ]


def test_of_many_values_that_are_no_labels_the_most_frequent_are_named_in_short(tickets_csv, out):
    odd = [f"a,twice {n},{'word ' * 20}{n},en\n" for n in range(2)]
    odd += [f"a,once {n},v{n:02},en\n" for n in range(30)]
    options = PrepareOptions(labels=("low", "medium", "high"))
    splits = prepare(tickets_csv("".join(odd)), out, options)

    named = splits.manifest.unknown_values
    assert list(named.items())[:2] == [("word " * 11 + "word…", 2), ("v00", 1)]
    assert len(named) == 20
    printed = [str(line) for line in remarks(splits.manifest, splits.rejected_lines(5))]
    assert any(
        line.endswith("'v17' 1, 'v18' 1, and 11 more rows")
        and line.startswith("values that are no labels (unknown_label): 'word word")
        for line in printed
    )


def odd_values(count):
    return "".join(f"a,odd {n},{'VIP client' if n < 2 else f'Q{n}'},en\n" for n in range(count))


def test_too_many_values_that_are_no_labels_are_refused_with_what_to_do(tickets_csv, out):
    assert prepare(tickets_csv(odd_values(3)), out).manifest.rejected == {"unknown_label": 3}

    path = tickets_csv(odd_values(4), name="more.csv")
    with pytest.raises(DataError) as refused:
        prepare(path, out.with_name("none"))

    assert str(refused.value) == (
        f"{path}, column 'priority': the values of 4 of 64 rows (6.2%) are no labels, and 5.0% is "
        "allowed ('VIP client' 2, 'Q2' 1, 'Q3' 1; labels: low, medium, high): name each value to "
        "keep and its label, with cs-data as --labels VALUE=LABEL,… and with cs-train as "
        "'dataset.labels={VALUE:LABEL,…}'; or keep all values as they are: --labels "
        '"high,medium,low,VIP client,Q2,Q3"; '
        "or leave these rows out with --max-rejected 0.07 "
        "(cs-data) or dataset.max_rejected=0.07 (cs-train)"
    )
    assert not out.with_name("none").exists()


@pytest.mark.parametrize(
    "labels", [("low", "medium", "high"), {"low": "low", "medium": "high", "high": "high"}]
)
def test_labels_that_a_person_named_may_leave_out_any_number_of_rows(tickets_csv, out, labels):
    splits = prepare(tickets_csv(odd_values(100)), out, PrepareOptions(labels=labels))

    assert splits.manifest.rows == 60
    assert splits.manifest.rejected == {"unknown_label": 100}
    assert splits.manifest.unknown_values["VIP client"] == 2


def test_rows_without_text_or_label_do_not_count_against_the_limit_for_unknown_labels(
    tickets_csv, out
):
    with pytest.raises(DataError, match="4 of 64 rows"):
        prepare(tickets_csv(odd_values(4) + ",,low,en\na,b,,en\n" * 100), out)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ("Low Medium High Urgent", "low medium high high"),
        ("Highest High Medium Low Lowest", "high high medium low low"),
        ("Urgent High Normal Low", "high high medium low"),
    ],
    ids=["freshdesk", "jira", "zendesk"],
)
def test_no_ticket_of_a_help_desk_is_lost_for_its_priority(write_csv, out, values, labels):
    texts, pairs = unlike_texts(120), list(zip(values.split(), labels.split(), strict=True))
    rows = [f",{text},{pairs[at % len(pairs)][0]},en\n" for at, text in enumerate(texts)]
    splits = prepare(write_csv(HEADER + "".join(rows)), out)

    assert splits.manifest.labels == ("low", "medium", "high")
    assert splits.manifest.rejected == {}
    label_of = {row["text"]: row["label"] for row in tickets_of(splits)}
    assert label_of == {text: pairs[at % len(pairs)][1] for at, text in enumerate(texts)}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "{},odd,-,en\n",
            r"9\.1% of its rows cannot be used \(empty_label 6\), and 5\.0% is allowed:",
        ),
        (
            ",,low,en{}\n",
            r"\(empty_text 6\), and .*: see cs-data inspect .*; name the columns that",
        ),
        ("a,{},low\n", r"\(wrong_field_count 6\), and .*; export the file again; or leave these "),
    ],
)
def test_too_many_rows_lost_for_any_one_reason_are_refused_with_what_to_do(
    tickets_csv, out, more, message
):
    path = tickets_csv("".join(more.format(n) for n in range(6)))

    with pytest.raises(DataError, match=message) as refused:
        prepare(path, out)
    assert str(refused.value).endswith(
        "--max-rejected 0.1 (cs-data) or dataset.max_rejected=0.1 (cs-train)"
    )
    assert not out.exists()
    assert prepare(path, out, PrepareOptions(max_rejected=0.1)).manifest.rows == 60


def test_labels_too_rare_to_learn_are_refused_if_they_are_many_rows(write_csv, out):
    kinds = ["x", "y"] * 20 + ["rare"] * 2 + ["rarer"] * 2
    texts = unlike_texts(len(kinds))
    path = write_csv(
        "body,kind\n" + "".join(f"{text},{kind}\n" for text, kind in zip(texts, kinds, strict=True))
    )
    columns = {"text_columns": ("body",), "label_column": "kind"}

    with pytest.raises(DataError, match=r"9\.1% .*\(rare_label 4\).*--label VALUE=LABEL"):
        prepare(path, out, PrepareOptions(**columns))
    labels = {"x": "x", "y": "y"}
    assert prepare(path, out, PrepareOptions(**columns, labels=labels)).manifest.rows == 40


def test_where_near_duplicates_leave_too_few_tickets_of_a_label_the_message_says_so(write_csv, out):
    reset = "please reset the password of my account since I cannot log in to the portal today"
    alike = "".join(f"{reset} number {n},access\n" for n in range(9))
    others = "".join(f"{text},other\n" for text in unlike_texts(20))
    path = write_csv(f"body,kind\n{alike}{others}")
    columns = {"text_columns": ("body",), "label_column": "kind"}

    with pytest.raises(DataError, match="'access' had fewer, where near duplicates count as one"):
        prepare(path, out, PrepareOptions(**columns))
    apart = PrepareOptions(**columns, near_duplicates=0)
    assert prepare(path, out, apart).manifest.labels == ("access", "other")

    third = "".join(f"{text},third\n" for text in unlike_texts(40)[20:])
    path = write_csv(f"body,kind\n{alike}{others}{third}")
    with pytest.raises(DataError, match=r"'access' had fewer, where near .*--label VALUE=LABEL"):
        prepare(path, out, PrepareOptions(**columns))


def test_rows_that_are_left_out_by_choice_are_counted_and_never_too_many(tickets_csv, out):
    options = PrepareOptions(labels={"HIGH": None})
    splits = prepare(tickets_csv(), out, options)

    assert splits.manifest.labels == ("low", "medium")
    assert splits.manifest.rejected == {"left_out": 20}
    assert rejected_rows(splits)[0]["detail"] == "'high' is left out by choice"


def remarks_on(write_csv, out, values, **options):
    texts = unlike_texts(len(values))
    rows = [f"{text},{value}\n" for text, value in zip(texts, values, strict=True)]
    options = PrepareOptions(text_columns=("body",), label_column="kind", **options)
    splits = prepare(write_csv("body,kind\n" + "".join(rows)), out, options)
    return [str(line) for line in remarks(splits.manifest, splits.rejected_lines(1))]


def test_values_that_stand_for_nothing_are_named_and_how_to_keep_them(write_csv, out):
    printed = remarks_on(write_csv, out, ["a", "b"] * 30 + ["-", "-", "None"])

    assert (
        "values that stand for nothing (empty_label): '-' 2, 'None' 1 "
        '(to keep one: --labels "a,b,-")'
    ) in printed


def test_what_is_suggested_to_keep_such_a_value_beside_priorities_works(write_csv, out):
    values = ["Urgent", "Normal", "1 - Low", "None"]
    rows = [f",{text},{values[at % 4]},en\n" for at, text in enumerate(unlike_texts(80))]
    path = write_csv(HEADER + "".join(rows))
    splits = prepare(path, out, PrepareOptions(max_rejected=0.3))

    suggested = '--labels "Urgent=high,Normal=medium,1 - Low=low,None=None"'
    warning = f"values that stand for nothing (empty_label): 'None' 20 (to keep one: {suggested})"
    assert warning in [str(line) for line in remarks(splits.manifest, splits.rejected_lines())]
    labels = parse_labels(shlex.split(suggested)[1])
    again = prepare(path, out, PrepareOptions(labels=labels))
    assert again.manifest.labels == ("high", "medium", "low", "None")
    assert again.manifest.rejected == {}


def test_many_labels_and_many_numbers_are_pointed_out(write_csv, out):
    texts = remarks_on(write_csv, out, [f"kind {n % 30}" for n in range(240)])
    numbers = remarks_on(write_csv, out, [n % 20 + 1 for n in range(160)])
    few = remarks_on(write_csv, out, [f"kind {n % 29}" for n in range(232)])

    assert texts[0].startswith("kind: 30 different values are many labels to learn: give several")
    assert numbers[0].startswith("kind: 20 different numbers are learned as classes, not as amou")
    assert few[0].startswith("identical texts: ")


def test_numbered_priorities_keep_their_numbers_and_say_so(write_csv, out):
    rows = [f",{text},{at % 5 + 1},en\n" for at, text in enumerate(unlike_texts(60))]
    splits = prepare(write_csv(HEADER + "".join(rows)), out)

    assert splits.manifest.labels == ("1", "2", "3", "4", "5")
    assert str(next(remarks(splits.manifest, {}))) == (
        "priority: the numbers are labels as they are, since 1 is the most urgent for some help "
        "desks and the least urgent for others (to give them a meaning: "
        '--labels "1=high,2=high,3=medium,4=low,5=low", or the reverse)'
    )


def test_only_priorities_that_changed_their_name_are_pointed_out(write_csv, out, tickets_csv):
    rows = [
        f",{text},{('Low', 'Normal', 'URGENT')[at % 3]},en\n"
        for at, text in enumerate(unlike_texts(60))
    ]
    splits = prepare(write_csv(HEADER + "".join(rows)), out)

    assert str(next(remarks(splits.manifest, {}))) == (
        "priority: URGENT → high, Normal → medium, Low → low "
        '(to keep them apart: --labels "URGENT,Normal,Low")'
    )
    assert str(next(remarks(prepare(tickets_csv(), out).manifest, {}))).startswith("identical")


def test_splits_hold_text_label_language_and_id_as_strings(tickets_csv, out):
    splits = prepare(tickets_csv("ü,x,HIGH, DE \n"), out)
    rows = [row for name in splits.manifest.splits for row in splits.read(name).to_pylist()]
    row = next(row for row in rows if row["text"] == "ü\nx")

    assert {str(kind) for kind in splits.read("test").schema.types} == {"string"}
    assert row == {
        "text": "ü\nx",
        "label": "high",
        "language": "de",
        "id": hashlib.blake2b("ü\nx".encode(), digest_size=16).hexdigest(),
    }


def test_a_file_without_languages_says_undetermined(write_csv, out):
    rows = [f"{text},{'low' if at % 2 else 'high'}" for at, text in enumerate(unlike_texts(30))]
    splits = prepare(
        write_csv("body,priority\n" + "\n".join(rows)), out, PrepareOptions(text_columns=("body",))
    )

    assert splits.manifest.splits["train"].languages == {"und": 22}
    assert splits.manifest.labels == ("low", "high")


def test_an_empty_language_is_undetermined(tickets_csv, out):
    splits = prepare(tickets_csv("a,b,low, \n"), out)

    assert sum(split.languages.get("und", 0) for split in splits.manifest.splits.values()) == 1


def test_rows_keep_the_order_of_the_file(tickets_csv, out):
    path = tickets_csv()
    order = [line.split(",")[1] for line in path.read_text().splitlines()[1:]]
    texts = [text[2:] for text in prepare(path, out).read("train")["text"].to_pylist()]

    assert texts == [text for text in order if text in set(texts)]


def test_the_manifest_reports_what_was_made_of_what(tickets_csv, out):
    path = tickets_csv("a,b,low,en\na,b,low,en\n".replace("b", "ß"), name="export.csv")
    path.write_bytes(path.read_bytes().replace("ß".encode(), b"\xdf"))

    splits = prepare(path, out)
    manifest = splits.manifest

    assert manifest.name == "export"
    assert manifest.raw.file == "export.csv"
    assert manifest.raw.md5 == md5(path)
    assert manifest.raw.bytes == path.stat().st_size
    assert manifest.raw.lines == 63
    assert (manifest.raw.encoding, manifest.raw.separator) == ("utf-8", ",")
    assert manifest.labels == ("low", "medium", "high")
    assert manifest.text_columns == ("subject", "body")
    assert manifest.rows == 62
    assert manifest.rejected == {}
    assert (manifest.identical.texts, manifest.identical.rows) == (1, 2)
    assert manifest.max_accuracy() == 1
    assert manifest.repaired == {"not_utf8": 2}
    assert manifest.repaired_lines == {"not_utf8": (62, 63)}
    for name, split in manifest.splits.items():
        table = splits.read(name)
        assert split.rows == table.num_rows == sum(split.labels.values())
        assert split.rows == sum(split.languages.values())
        assert split.md5 == md5(splits.path(name))
    assert Splits.load(out) == splits
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert str(path.parent) not in (out / "manifest.json").read_text()


def test_html_and_quoted_mail_are_stripped_as_the_options_say_and_counted(tickets_csv, out):
    mail = "It is slow.\n\nOn 5 May 2024 at 10:12, Ann wrote:\n> Is it on?"
    path = tickets_csv(
        f'a,<p>It&nbsp;hangs</p>,low,en\nb,"{mail}",high,en\nc,<name> a < b,low,en\n'
    )

    def added(**options):
        splits = prepare(path, out, PrepareOptions(**options))
        assert Manifest.from_json(splits.manifest.to_json()) == splits.manifest
        texts = {ticket["text"] for ticket in tickets_of(splits)}
        return {
            text for text in texts if text[:2] in ("a\n", "b\n", "c\n")
        }, splits.manifest.stripped

    plain = "c\n<name> a < b"
    assert added() == ({"a\nIt hangs", f"b\n{mail}", plain}, {"html": 1})
    assert added(strip_html=False) == ({"a\n<p>It&nbsp;hangs</p>", f"b\n{mail}", plain}, {})
    assert added(strip_quoted_mail=True) == (
        {"a\nIt hangs", "b\nIt is slow.", plain},
        {"html": 1, "quoted_mail": 1},
    )


def test_near_duplicates_stay_in_one_split_and_are_counted(write_csv, out):
    bases = unlike_texts(200, words=40)
    rows = [
        f",{text}{' again' * copy},{('low', 'medium', 'high')[at % 3]},en"
        for at, text in enumerate(bases)
        for copy in range(1 + at % 4)
    ]
    splits = prepare(write_csv(HEADER + "\n".join(rows)), out)

    split_of = {}
    for name in splits.manifest.splits:
        for text in splits.read(name)["text"].to_pylist():
            split_of.setdefault(text.removesuffix(" again").replace(" again", ""), set()).add(name)
    assert len(split_of) == 200
    assert all(len(names) == 1 for names in split_of.values())
    assert splits.manifest.near_duplicates.groups == 150
    assert splits.manifest.near_duplicates.rows == 450
    assert splits.manifest.splits["test"].rows == pytest.approx(50, abs=5)


def test_grouping_near_duplicates_can_be_turned_off(write_csv, out):
    text = " ".join(unlike_texts(1, words=60))
    rows = [f",{text} {'x' * n},{('low', 'high')[n % 2]},en" for n in range(1, 61)]
    path = write_csv(HEADER + "\n".join(rows))

    splits = prepare(path, out, PrepareOptions(near_duplicates=0))

    assert [split.rows for split in splits.manifest.splits.values()] == [48, 6, 6]
    assert splits.manifest.near_duplicates.groups == 0
    with pytest.raises(DataError, match="no label is left"):
        prepare(path, out)


def test_the_same_input_gives_the_same_bytes_in_any_process(tickets_csv, tmp_path):
    path = tickets_csv("a,b,low,en\na,b,high,en\n,,low,en\n")
    code = "import sys, pathlib, cs_data; cs_data.prepare(*map(pathlib.Path, sys.argv[1:]))"
    made = []
    for seed in ("1", "2"):
        target = tmp_path / f"out{seed}"
        subprocess.run(
            [sys.executable, "-c", code, str(path), str(target)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": seed},
        )
        made.append(contents_of(target))

    assert len(made[0]) == 5
    assert made[0] == made[1]


def test_many_rows_fill_row_groups_of_one_size(write_csv, out):
    rows = [f",ticket {n:b} of many,{('low', 'high')[n % 2]},en" for n in range(22_000)]
    splits = prepare(write_csv(HEADER + "\n".join(rows)), out, PrepareOptions(near_duplicates=0))
    metadata = pq.ParquetFile(splits.path("train")).metadata

    assert [metadata.row_group(at).num_rows for at in range(2)] == [16_384, 17_600 - 16_384]


def test_a_prepared_folder_is_replaced_and_another_folder_is_not(tickets_csv, out):
    prepare(tickets_csv(), out)
    before = contents_of(out)
    prepare(tickets_csv("a,b,low,en\n"), out)
    assert contents_of(out).keys() == before.keys()
    assert contents_of(out) != before

    (out / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="holds other files, such as 'notes"):
        prepare(tickets_csv(), out)


def test_a_failure_in_the_middle_leaves_nothing(tickets_csv, tmp_path):
    path = tickets_csv()
    path.write_bytes(path.read_bytes() + b"x" * (18 << 20))

    with pytest.raises(DataError, match="a line is longer than 16 MiB"):
        prepare(path, tmp_path / "out")

    assert [path.name for path in tmp_path.iterdir()] == ["tickets.csv"]


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (HEADER, {}, "holds a header but no rows"),
        (
            HEADER + ",,low,en\n,,high,en\na,b,,en\n",
            {},
            r"none of its rows can be used \(empty_text 2, empty_label 1\); the first is line 2: "
            "nothing in subject and body",
        ),
        (
            HEADER + "a,b,low,en\nc,d,low,en\ne,f,low,en\n",
            {},
            r"only the label 'low' is left, and two are needed \(no row rejected\); the most "
            "frequent values are 'low': pass labels",
        ),
        (
            HEADER + "a,b,P1,en\nc,d,P2,en\n",
            {"labels": ("low", "high")},
            "no row has the label 'low'; the most frequent values are 'P1', 'P2'",
        ),
        (
            HEADER + "a,b,low,en\nc,d,high,en\n",
            {},
            r"no label is left, and two are needed \(rare_label 2\)",
        ),
        (HEADER + "a,b,low,en\n", {"label_column": "urgency"}, "has no column 'urgency'"),
    ],
)
def test_data_with_nothing_to_learn_is_refused_with_the_counts(
    write_csv, out, content, options, words
):
    with pytest.raises(DataError, match=words):
        prepare(write_csv(content), out, PrepareOptions(**options))
    assert not out.exists()


def test_a_folder_that_is_not_prepared_or_damaged_is_refused(tickets_csv, out):
    with pytest.raises(DataError, match="is no prepared data set"):
        Splits.load(out)
    splits = prepare(tickets_csv(), out)
    splits.path("test").write_bytes(b"PAR1")
    with pytest.raises(
        DataError, match=r"test\.parquet cannot be read .*prepare the data set again"
    ):
        splits.read("test")
    splits.path("test").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        splits.read("test")
    manifest = out / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 4', '"format": 3'))
    with pytest.raises(DataError, match="format 3 is not 4"):
        Splits.load(out)
    for text in ("{", "[]", "{}", json.dumps({"format": 4})):
        manifest.write_text(text)
        with pytest.raises(DataError, match="prepare the data set again"):
            Splits.load(out)


def test_real_exports_are_used_complete_but_for_the_cut_off_record(real_tickets, tmp_path):
    small = prepare(real_tickets / "small.csv", tmp_path / "small")
    full = prepare(real_tickets / "full.csv", tmp_path / "full")

    assert (small.manifest.rows, full.manifest.rows) == (1167, 1872)
    assert [(row["line"], row["end_line"], row["reason"]) for row in rejected_rows(small)] == [
        (21568, 21586, "cut_off")
    ]
    assert [(row["line"], row["reason"]) for row in rejected_rows(full)] == [(1874, "cut_off")]
    assert not any("\\n" in text for text in full.read("train")["text"].to_pylist())


def test_whatever_the_bytes_every_row_is_accounted_for_or_one_line_says_why(tickets_csv, tmp_path):
    draw = random.Random(11)  # noqa: S311 - nothing secret depends on it
    good = tickets_csv().read_bytes()
    pieces = [
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\\n",
        b"\xff",
        b"\x00",
        b";",
        "é".encode(),
        b'""',
        b"\xef\xbb\xbf",
    ]
    made = 0
    for round_ in range(60):
        content = bytearray(good)
        for _ in range(draw.randint(1, 12)):
            at = draw.randrange(40, len(content))
            content[at : at + draw.randint(0, 3)] = draw.choice(pieces)
        if draw.random() < 0.3:
            del content[draw.randrange(len(content) // 2, len(content)) :]
        path = tmp_path / "broken.csv"
        path.write_bytes(content)
        try:
            splits = prepare(path, tmp_path / f"out{round_}", PrepareOptions(max_rejected=1))
        except DataError:
            continue
        made += 1
        printed = rejected_rows(splits)
        assert [row["line"] for row in printed] == sorted(row["line"] for row in printed)
        assert all(row["line"] <= row["end_line"] <= content.count(b"\n") + 1 for row in printed)
        assert len(tickets_of(splits)) == splits.manifest.rows
        assert len(printed) == sum(splits.manifest.rejected.values())
        lines_told = sum(row["end_line"] - row["line"] + 1 for row in printed)
        assert splits.manifest.rows + lines_told <= content.count(b"\n")
    assert made > 40
