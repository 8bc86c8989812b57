from __future__ import annotations

from pathlib import Path

import pytest

from cs_data import DataError, PrepareOptions
from cs_data.preparing.label_mapping import LabelColumn


def labels_of(values, **options):
    """Labels in order, and the label of each value (None where it means none)."""
    column = LabelColumn(PrepareOptions(**options), Path("t.csv"))
    codes = [column.code(value) for value in values]
    found = column.resolve()
    meaning = [found.names[at] if at >= 0 else None for at in found.of_value]
    return found.names, [None if code is None else meaning[code] for code in codes]


def test_priorities_become_three_labels_in_any_spelling():
    names, labels = labels_of(["Critical", "very low", "VERY-LOW", "medium", "low", "high"])

    assert names == ("low", "medium", "high")
    assert labels == ["high", "low", "low", "medium", "low", "high"]


def test_a_priority_outside_the_set_is_no_label():
    assert labels_of(["low", "high", "P1"])[1] == ["low", "high", None]


@pytest.mark.parametrize(
    "values",
    [
        ("Low", "Medium", "High", "Urgent"),
        ("Highest", "High", "Medium", "Low", "Lowest"),
        ("Urgent", "High", "Normal", "Low"),
    ],
    ids=["freshdesk", "jira", "zendesk"],
)
def test_every_priority_of_a_help_desk_is_a_label(values):
    # The values outside the built-in meaning are few, but none is rare.
    column = [value for value in values for _ in range(300 if value in ("High", "Low") else 3)]

    names, labels = labels_of(column)

    assert names == tuple(sorted(values))
    assert labels == column


def test_known_priorities_keep_their_meaning_beside_a_rare_odd_value():
    known = ["low", "Medium", "HIGH", "critical", "very low"] * 50

    for odd in (["Urgent"] * 2, ["n/a", "P1"], ["P1", "p1"]):
        names, labels = labels_of([*known, *odd])

        assert names == ("low", "medium", "high")
        assert labels == [*["low", "medium", "high", "high", "low"] * 50, *[None] * 2]


def test_a_value_is_no_longer_rare_once_its_spellings_together_could_be_in_every_split():
    names, labels = labels_of(["low", "high"] * 50 + ["urgent", "Urgent", "Urgent"])

    assert names == ("Urgent", "high", "low")
    assert labels[-3:] == ["Urgent"] * 3


def test_many_different_rare_values_do_not_replace_the_known_priorities():
    odd = [f"typed by hand {n}" for n in range(900)]

    assert labels_of(["low", "high"] * 20 + odd)[0] == ("low", "medium", "high")


def test_a_priority_column_that_mostly_holds_something_else_gives_the_values_found():
    assert labels_of(["P2", "P1", "P2", "low"])[0] == ("P1", "P2", "low")


def test_another_column_gives_the_values_found_in_order():
    names, labels = labels_of(["b", "a", "low", "b"], label_column="queue")

    assert names == ("a", "b", "low")
    assert labels == ["b", "a", "low", "b"]


def test_given_labels_keep_their_order_and_name():
    names, labels = labels_of(["URGENT", "normal", "other"], labels=("Normal", "urgent"))

    assert names == ("Normal", "urgent")
    assert labels == ["urgent", "Normal", None]


def test_a_mapping_orders_labels_by_first_appearance():
    names, labels = labels_of(
        ["p1", "P3", "P2", "P4"], labels={"P3": "later", "P1": "now", "P2": "now"}
    )

    assert names == ("later", "now")
    assert labels == ["now", "later", "now", None]


def test_free_text_is_refused_as_a_label():
    with pytest.raises(
        DataError, match=r"^t.csv, column 'queue': more than 1,000 different values, such as 't0'"
    ):
        labels_of([f"t{n}" for n in range(1001)], label_column="queue")
    with pytest.raises(DataError, match="free text or an id"):
        labels_of(["low"] * 1500 + [f"t{n}" for n in range(3000)])


def test_a_thousand_labels_are_not_too_many():
    assert len(labels_of([f"t{n}" for n in range(1000)], label_column="queue")[0]) == 1000


def test_many_odd_values_beside_known_priorities_are_no_labels_and_fill_no_memory():
    values = ["high"] * 3000 + [f"t{n}" for n in range(1500)]

    names, labels = labels_of(values)

    assert names == ("low", "medium", "high")
    assert labels == ["high"] * 3000 + [None] * 1500


def test_a_label_that_comes_after_many_odd_values_is_one():
    odd = [f"t{n}" for n in range(1500)]

    assert labels_of([*odd, "a", "B"], labels=("a", "b"))[1] == [None] * 1500 + ["a", "b"]
    assert labels_of(["low"] * 3000 + odd + ["Critical"])[1][-2:] == [None, "high"]


def test_a_frequent_value_that_comes_after_many_odd_values_is_not_dropped():
    values = ["high"] * 3000 + [f"t{n}" for n in range(1500)] + ["Urgent"] * 3

    with pytest.raises(DataError, match="more than 1,000 different values, such as 'high'"):
        labels_of(values)


def test_values_that_are_no_labels_are_counted_by_their_commonest_spelling():
    column = LabelColumn(PrepareOptions(labels=("a", "b")), Path("t.csv"))
    odd = [f"t{n}" for n in range(1500)]
    for value in ["a", "B", "Other", "other", *odd, "other", "late", "late", "late", "t7", "A"]:
        column.code(value)

    counts = column.unknown_values()

    assert counts.most_common(3) == [("late", 3), ("other", 3), ("t7", 2)]
    assert counts.total() == 1507


def test_spellings_that_differ_in_case_alone_are_one_label_named_by_the_commonest():
    values = ["billing", "IT", "Billing", "it", "Billing"]
    names, labels = labels_of(values, label_column="queue")

    assert names == ("Billing", "IT")
    assert labels == ["Billing", "IT", "Billing", "IT", "Billing"]
