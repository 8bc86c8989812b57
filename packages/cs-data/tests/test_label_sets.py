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
    assert labels_of(["low", "high", "Q1"])[1] == ["low", "high", None]


HELP_DESKS = {
    "freshdesk": ("priority", "Low Medium High Urgent", "low medium high high"),
    "zendesk": ("Priority", "Urgent High Normal Low", "high high medium low"),
    "jira": ("Priority", "Highest High Medium Low Lowest", "high high medium low low"),
    "jira, first scheme": (
        "Priority",
        "Blocker Critical Major Minor Trivial",
        "high high medium low low",
    ),
    "jira in German": (
        "Priorität",
        "Am höchsten|Hoch|Mittel|Niedrig|Am niedrigsten",
        "high high medium low low",
    ),
    "servicenow": (
        "priority",
        "1 - Critical|2 - High|3 - Moderate|4 - Low|5 - Planning",
        "high high medium low low",
    ),
    "otrs": (
        "Priorität",
        "1 sehr niedrig|2 niedrig|3 normal|4 hoch|5 sehr hoch",
        "low low medium high high",
    ),
    "zammad": ("ticket_priority", "1 low|2 normal|3 high", "low medium high"),
    "salesforce": ("Case Priority", "High Medium Low", "high medium low"),
    "hubspot": ("hs_ticket_priority", "LOW MEDIUM HIGH URGENT", "low medium high high"),
    "glpi": (
        "Priorité",
        "Très basse|Basse|Moyenne|Haute|Très haute|Majeure",
        "low low medium high high high",
    ),
    "youtrack": (
        "Priority",
        "Show-stopper Critical Major Normal Minor",
        "high high high medium low",
    ),
    "redmine": ("Priority", "Low Normal High Urgent Immediate", "low medium high high high"),
    "topdesk": ("Priority", "P1 P2 P3 P4 P5", "high high medium low low"),
    "levels": (
        "Custom field (Severity)",
        "Sev 1|SEV2|S3|Priority 4",
        "high high medium low",
    ),
    "spanish": ("Prioridad", "Muy alta|Alta|Media|Baja|Crítica", "high high medium low high"),
    "portuguese": ("Prioridade", "Altíssima Alta Média Baixa", "high high medium low"),
}


@pytest.mark.parametrize(("column", "values", "labels"), HELP_DESKS.values(), ids=HELP_DESKS)
def test_the_priorities_of_a_help_desk_become_low_medium_and_high(column, values, labels):
    values = values.split("|") if "|" in values else values.split()
    names, found = labels_of(values, label_column=column)

    assert names == ("low", "medium", "high")
    assert found == labels.split()


def test_the_labels_do_not_depend_on_how_often_a_priority_occurs():
    values = ("Low", "Normal", "High", "Urgent", "Waiting for customer")
    for frequent in values[:-1]:
        column = [value for value in values for _ in range(500 if value == frequent else 1)]

        assert labels_of(column)[0] == ("low", "medium", "high")


def test_the_same_words_in_a_column_that_is_no_priority_stay_as_they_are():
    assert labels_of(["Urgent", "High"] * 5, label_column="queue")[0] == ("High", "Urgent")


def test_priorities_that_would_all_be_one_label_stay_apart():
    assert labels_of(["P1", "P2", "P1"])[0] == ("P1", "P2")


@pytest.mark.parametrize("frequent", ["erhöht", "normal", "für später"])
def test_a_scale_of_ones_own_that_shares_one_word_is_used_as_it_is(frequent):
    values = ["erhöht", "normal", "für später", *[frequent] * 9]

    assert labels_of(values, label_column="Priorität")[0] == ("erhöht", "für später", "normal")


def test_the_values_of_each_label_are_named_most_urgent_first():
    column = LabelColumn(PrepareOptions(), Path("t.csv"))
    for value in ["Low", "Normal", "URGENT", "Urgent", "urgent", "Urgent", "High", "odd"]:
        column.code(value)

    assert column.priorities() == {
        "high": ("Urgent", "High"),
        "medium": ("Normal",),
        "low": ("Low",),
    }


def test_bare_numbers_are_labels_in_the_order_of_the_numbers():
    values = ["10", "2", "1", "3", "1,5", "-1"]

    assert labels_of(values)[0] == ("-1", "1", "1,5", "2", "3", "10")
    assert labels_of(["1.10", "1.1", "2.0"], label_column="release")[0] == ("1.1", "1.10", "2.0")


def test_known_priorities_keep_their_meaning_beside_an_odd_value():
    known = ["low", "Medium", "HIGH", "critical", "very low"] * 50

    for odd in (["VIP"] * 2, ["later", "Q1"], ["Q1", "q1"]):
        names, labels = labels_of([*known, *odd])

        assert names == ("low", "medium", "high")
        assert labels == [*["low", "medium", "high", "high", "low"] * 50, *[None] * 2]


def test_what_stands_for_nothing_is_no_label_unless_it_is_named():
    nothing = ["-", "--", "n/a", "N/A", "none", "NULL", "nil", "(leer)", "(blank)", "keine", "#N/A"]
    nothing += ["NaN", "--None--", "-None-", "<null>", r"\N", "…", "Keine Angabe", "(en blanco)"]
    column = LabelColumn(PrepareOptions(label_column="queue"), Path("t.csv"))

    assert [column.code(value) for value in [*nothing, "", "a"]] == [None] * (len(nothing) + 1) + [
        0
    ]
    assert column.empty_values == dict.fromkeys(nothing, 1)
    assert column.refuse("--None--") == ("empty_label", "'--None--' in queue stands for nothing")
    for value in ("unknown", "other", "NA", "C", "-5", "Unassigned"):
        assert column.code(value) is not None

    assert labels_of(["None", "a", "-"], labels=("a", "none"))[1] == ["none", "a", None]


def test_a_value_can_be_left_out_and_the_others_stay_as_they_are():
    names, labels = labels_of(["Spam", "b", "a", "SPAM"], label_column="q", labels={"spam": None})

    assert names == ("a", "b")
    assert labels == [None, "b", "a", None]
    assert labels_of(["Urgent", "Low", "x"], labels={"x": ""})[1] == ["high", "low", None]


def test_a_value_can_be_left_out_beside_named_ones():
    labels = {"a": "x", "b": "y", "Spam": ""}
    column = LabelColumn(PrepareOptions(labels=labels), Path("t.csv"))

    assert [column.code(value) for value in ("a", "b", "spam", "c")] == [0, 1, None, 2]
    assert column.refuse("spam") == ("left_out", "'spam' is left out by choice")
    assert column.resolve().names == ("x", "y")


def test_spellings_that_look_the_same_are_one_key_of_a_mapping():
    options = PrepareOptions(labels={" CORP\\net\u200b": "a", "Te\u00adch": "b\u200e"})

    assert options.labels == {"CORP\\net": "a", "Tech": "b"}


def test_many_different_rare_values_do_not_replace_the_known_priorities():
    odd = [f"typed by hand {n}" for n in range(900)]

    assert labels_of(["low", "high"] * 450 + odd)[0] == ("low", "medium", "high")


def test_a_priority_column_that_mostly_holds_something_else_gives_the_values_found():
    assert labels_of(["Q2", "Q1", "Q2", "low"])[0] == ("Q1", "Q2", "low")


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


def test_a_known_value_that_comes_after_many_odd_values_is_not_dropped():
    odd = [f"t{n}" for n in range(1500)]

    assert labels_of([*["high"] * 3000, *odd, *["Urgent"] * 3])[1][-3:] == ["high"] * 3


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
