from __future__ import annotations

import logging

import pytest
from cs_train_tests.commands import SMALL, cs_train

from cs_train.config import compose
from cs_train.splits import fetch_splits


@pytest.fixture
def priorities_csv(tmp_path, monkeypatch):
    """Write an export with these priorities; give the arguments to learn from it."""
    monkeypatch.chdir(tmp_path)

    def write(priorities):
        rows = [f"s,ticket {n:b} of {n:o},{value}\n" for n, value in enumerate(priorities)]
        (tmp_path / "export.csv").write_text("subject,body,priority\n" + "".join(rows))
        return ["dataset=custom", "dataset.path=export.csv", "dataset.near_duplicates=0"]

    return write


def test_every_priority_of_a_help_desk_is_learned(priorities_csv, caplog):
    arguments = priorities_csv(["Low", "Medium", "High", "Urgent"] * 10)
    config = compose(arguments)

    with caplog.at_level(logging.INFO, logger="cs_train"):
        fetch_splits(config.dataset)
    assert (
        "data: priority: Urgent and High → high, Medium → medium, Low → low "
        '(to keep them apart: --labels "Urgent,High,Medium,Low")'
    ) in caplog.messages
    assert fetch_splits(config.dataset).manifest.labels == ("low", "medium", "high")


def test_values_that_are_no_labels_are_named_in_the_log(priorities_csv, caplog):
    config = compose(priorities_csv(["low", "high"] * 20 + ["Q1"]))
    with caplog.at_level(logging.INFO, logger="cs_train"):
        fetch_splits(config.dataset)

    assert "data: values that are no labels (unknown_label): 'Q1' 1" in caplog.messages


def test_identical_tickets_are_learned_from_and_their_differing_labels_are_in_the_log(
    priorities_csv, tmp_path, caplog
):
    config = compose([*priorities_csv(["low", "high"] * 20), "dataset.id_column=id"])
    with (tmp_path / "export.csv").open("a") as file:
        file.write("printer,jam,low\n" * 3 + "printer,jam,high\n")
    lines = (tmp_path / "export.csv").read_text().splitlines()
    (tmp_path / "export.csv").write_text(
        "id,"
        + lines[0]
        + "\n"
        + "".join(f"{n},{line}\n" for n, line in enumerate(lines[1:]))
        + "40,printer,jam,low\n"
    )
    with caplog.at_level(logging.INFO, logger="cs_train"):
        manifest = fetch_splits(config.dataset).manifest

    assert manifest.rows == 44
    assert manifest.rejected == {"duplicate_id": 1}
    assert (
        "data: identical texts: 4 tickets share 1 text, each kept in one split" in caplog.messages
    )
    assert any("1 of them with another label" in message for message in caplog.messages)


def test_too_many_values_that_are_no_labels_end_with_exit_code_2_and_what_to_do(
    priorities_csv, tmp_path
):
    arguments = (*priorities_csv(["low", "high"] * 10 + ["Q1", "Q2"]), *SMALL)
    ended = cs_train(tmp_path, *arguments)

    assert ended.code == 2
    error = ended.err
    assert "the values of 2 of 22 rows (9.1%) are no labels" in error
    assert "'Q1' 1, 'Q2' 1" in error
    assert "'dataset.labels={VALUE:LABEL,…}'" in error
    assert error.count("\n") == 1
    assert not list((tmp_path / "data" / "prepared").glob("*"))

    allowed = compose([*arguments, "dataset.max_rejected=0.1"])
    assert fetch_splits(allowed.dataset).manifest.rejected == {"unknown_label": 2}
    named = compose([*arguments, "dataset.labels={low:low,high:high}"])
    assert fetch_splits(named.dataset).manifest.labels == ("low", "high")
