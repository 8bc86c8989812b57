from __future__ import annotations

import random
from dataclasses import replace

import pytest
from cs_data_tests.tickets import rejected_rows, tickets_of, unlike_texts

from cs_data import DataError, PrepareOptions, Splits, prepare
from cs_data.cli import main
from cs_data.reports.inspection import inspect
from cs_data.reports.summary import remarks

OPTIONS = PrepareOptions(text_columns=("body",), label_column="kind")


@pytest.fixture
def prepared(write_csv, tmp_path):
    """Prepare rows of (text, kind)."""

    def make(rows, options=OPTIONS):
        lines = [f"{text},{kind}\n" for text, kind in rows]
        return prepare(write_csv("body,kind\n" + "".join(lines)), tmp_path / "out", options)

    return make


def splits_of_texts(splits):
    """Return the names of the splits that each text is in."""
    found = {}
    for name in splits.manifest.splits:
        for text in splits.read(name)["text"].to_pylist():
            found.setdefault(text, set()).add(name)
    return found


def helpdesk(rows=5_000, texts=1_300, seed=3):
    """Return short tickets that recur, a few of them often, mostly with the same label."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    stock = unlike_texts(texts, words=3)
    chosen = draw.choices(stock, [1 / (at + 1) for at in range(texts)], k=rows)
    usual = {text: ("low", "medium", "high")[at % 3] for at, text in enumerate(stock)}
    odd = ["low", "medium", "high"]
    return [(text, usual[text] if draw.random() < 0.8 else draw.choice(odd)) for text in chosen]


@pytest.mark.parametrize("similarity", [0, 0.8, 1])
def test_every_recurring_ticket_stays_and_no_text_is_in_two_splits(prepared, similarity):
    rows = helpdesk()
    splits = prepared(
        rows, PrepareOptions(("body",), label_column="kind", near_duplicates=similarity)
    )

    assert splits.manifest.rejected == {}
    kept = sorted((row["text"], row["label"]) for row in tickets_of(splits))
    assert kept == sorted(rows)
    assert all(len(names) == 1 for names in splits_of_texts(splits).values())
    for split in ("validation", "test"):
        assert splits.manifest.splits[split].rows == pytest.approx(500, abs=20)
        assert min(splits.manifest.splits[split].labels.values()) > 50


def test_texts_without_a_word_stay_together_too(prepared):
    rows = [(text, "ab"[at % 2]) for at, text in enumerate(unlike_texts(60))]
    splits = prepared(rows + [("???", "a"), ("!", "b")] * 9)

    assert splits.manifest.rows == 78
    assert all(len(names) == 1 for names in splits_of_texts(splits).values())


def test_tickets_that_differ_only_in_what_cleaning_removes_are_identical(tickets_csv, tmp_path):
    more = 'help,"one\\ntwo",low,en\nhelp,"one\ntwo",low,en\nhelp, one\\ntwo ,high,de\n'
    manifest = prepare(tickets_csv(more), tmp_path / "out").manifest

    assert manifest.rows == 63
    assert (manifest.identical.texts, manifest.identical.rows) == (1, 3)
    assert (manifest.identical.mixed_texts, manifest.identical.mixed_rows) == (1, 3)
    assert manifest.identical.minority_labels == (("low", "high", 1),)


def test_labels_that_differ_for_one_text_are_counted_by_pair_and_bound_the_accuracy(prepared):
    rows = [(text, ("low", "medium", "high")[at % 3]) for at, text in enumerate(unlike_texts(90))]
    rows += [("printer jam", "high")] * 6 + [("printer jam", "low")] * 3
    rows += [("printer jam", "medium")]
    rows += [("no sound", "high")] * 2 + [("no sound", "low")] * 2  # a tie: low is the first label
    rows += [("same label", "low")] * 5
    splits = prepared(rows, PrepareOptions(("body",), "kind", labels=("low", "medium", "high")))
    identical = splits.manifest.identical

    assert (identical.texts, identical.rows) == (3, 19)
    assert (identical.mixed_texts, identical.mixed_rows) == (2, 14)
    assert identical.minority_labels == (
        ("high", "low", 3),
        ("low", "high", 2),
        ("high", "medium", 1),
    )
    assert sum(identical.minority_rows.values()) == 6
    assert splits.manifest.max_accuracy() == pytest.approx(1 - 6 / 109)
    assert Splits.load(splits.folder).manifest == splits.manifest
    printed = [str(line) for line in remarks(splits.manifest, {})]
    assert "identical texts: 19 tickets share 3 texts, each kept in one split" in printed
    assert (
        "identical texts with different labels: 14 tickets in 2 texts, 6 of them with another "
        "label than the most frequent one of their text ('low instead of high' 3, "
        "'high instead of low' 2, 'medium instead of high' 1): no model can be right on more than "
        "94.5% of all tickets, 100.0% of the test split"
    ) in printed


def test_no_answer_by_text_beats_the_bound_and_the_best_one_reaches_it(prepared):
    manifest = (splits := prepared(helpdesk())).manifest
    for names in ((), ("train",), ("validation",), ("test",), ("validation", "test")):
        counts = {}
        for name in names or manifest.splits:
            for row in splits.read(name).to_pylist():
                counts.setdefault(row["text"], []).append(row["label"])
        best = sum(max(map(labels.count, labels)) for labels in counts.values())
        total = sum(map(len, counts.values()))
        assert manifest.max_accuracy(*names) == pytest.approx(best / total)
        assert best < total


def test_a_label_needs_three_texts_and_not_three_tickets(prepared):
    rows = [(text, "ab"[at % 2]) for at, text in enumerate(unlike_texts(40))]
    rows += [("the same", "rare")] * 5 + [("the other", "rare")] * 5
    splits = prepared(rows + [("the same", "a")] * 2, replace(OPTIONS, max_rejected=0.2))

    assert splits.manifest.lost_labels == ("rare",)
    assert splits.manifest.rejected == {"rare_label": 10}
    assert splits.manifest.rows == 42
    assert splits.manifest.identical.texts == 1
    assert splits.manifest.max_accuracy() == 1


def test_labels_that_share_all_their_texts_are_all_kept_and_in_every_split(prepared):
    rows = [(text, kind) for text in unlike_texts(12) for kind in ("a", "b", "b", "c", "c", "c")]
    splits = prepared(rows)

    assert splits.manifest.labels == ("a", "b", "c")
    assert splits.manifest.rejected == {}
    assert all(min(one.labels.values()) > 0 for one in splits.manifest.splits.values())
    assert splits.manifest.max_accuracy() == 0.5


def test_of_rows_with_one_id_the_last_is_used_and_rows_without_an_id_are_kept(write_csv, tmp_path):
    rows = [
        f"{at},{text},{('low', 'medium', 'high')[at % 3]}\n"
        for at, text in enumerate(unlike_texts(60))
    ]
    rows += [
        "7,printer jam,low\n",  # line 62: an update of line 9
        "8,printer jam,low\n",
        ",printer jam,low\n",
        " ,printer jam,high\n",
        "7 ,printer jam again,high\n",  # line 66
        "9,,low\n",  # has no text, so the earlier version of 9 stays
    ]
    path = write_csv("Ticket ID,body,priority\n" + "".join(rows))
    options = PrepareOptions(("body",), id_column="ticket id")
    splits = prepare(path, tmp_path / "out", options)

    assert [(row["line"], row["reason"], row["detail"]) for row in rejected_rows(splits)] == [
        (9, "duplicate_id", "line 66 is a later version of the same ticket"),
        (10, "duplicate_id", "line 63 is a later version of the same ticket"),
        (62, "duplicate_id", "line 66 is a later version of the same ticket"),
        (67, "empty_text", "nothing in body"),
    ]
    assert splits.manifest.without_id == 2
    assert splits.manifest.rows == 62
    assert splits.manifest.identical.rows == 3
    printed = [str(line) for line in remarks(splits.manifest, splits.rejected_lines())]
    assert "tickets without a value in 'ticket id': 2, all kept" in printed
    assert "  duplicate_id: 3 (lines 9, 10, 62)" in printed
    assert prepare(path, tmp_path / "all", PrepareOptions(("body",))).manifest.rows == 65


def test_an_id_column_that_is_not_there_is_refused(tickets_csv, tmp_path, capsys):
    arguments = ["prepare", str(tickets_csv()), "-o", str(tmp_path / "out"), "--id-column", "Key"]

    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "has no column 'Key'" in error
    assert "--id-column (cs-data) or dataset.id_column (cs-train)" in error


def test_ids_that_a_spreadsheet_has_rounded_are_refused(write_csv, tmp_path):
    rows = [f"1.23457E+1{at % 2},{text},low\n" for at, text in enumerate(unlike_texts(5))]
    path = write_csv("id,body,priority\n" + "".join(rows))
    with pytest.raises(DataError, match=r"line 2: the id '1.23457E\+10' was rounded"):
        prepare(path, tmp_path / "out", PrepareOptions(("body",), id_column="id"))


@pytest.mark.parametrize("column", ["subject", "priority", "Priority"])
def test_the_text_and_the_label_are_no_ids(tickets_csv, tmp_path, column):
    words = f"id_column is '{column}', which is named as text or label too"
    with pytest.raises(DataError, match=words):
        prepare(tickets_csv(), tmp_path / "out", PrepareOptions(id_column=column))


def test_an_inspection_shows_the_most_frequent_identical_texts(tickets_csv, capsys):
    more = "Printer,jam,high,en\n" * 3 + "Printer,jam,low,en\n" + "No,sound,low,en\n" * 2
    path = tickets_csv(more)
    shown = inspect(path, PrepareOptions()).repeated

    assert [(one.text, one.rows, dict(one.labels)) for one in shown] == [
        ("Printer\njam", 4, {"high": 3, "low": 1}),
        ("No\nsound", 2, {"low": 2}),
    ]
    assert main(["inspect", str(path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "most frequent identical texts" in printed
    assert "Printer jam 4 'high' 3, 'low' 1" in printed
    assert "identical texts: 6 tickets share 2 texts, each kept in one split" in printed
    assert "no model can be right on more than 98.5% of all tickets" in printed
