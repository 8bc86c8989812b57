from __future__ import annotations

import shlex
from argparse import ArgumentParser

import pytest

import cs_data
from cs_data import DataError, PrepareOptions
from cs_data.arguments import add_prepare_options, prepare_options
from cs_data.preparing.label_arguments import label_arguments


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"text_columns": "body"}, "must be a list of column names"),
        ({"text_columns": ()}, "must be a list of column names"),
        ({"text_columns": ("body", " ")}, "every column needs a name"),
        ({"text_columns": ("body", "body")}, "a column is named twice"),
        ({"text_columns": ("body", "priority")}, "named both as text and as label"),
        ({"label_column": " "}, "label_column must be the name of a column"),
        ({"labels": "low"}, "labels must be a list, or a mapping"),
        ({"labels": ()}, "at least two are needed"),
        ({"labels": ("a",)}, "at least two are needed"),
        ({"labels": ("a", "A")}, "a label is named twice"),
        ({"labels": ("a", "")}, "a label is empty"),
        ({"labels": (None, "a")}, "None is no label"),
        ({"labels": {"p": "a", "q": ["b"]}}, "is no label"),
        ({"labels": {"p1": "a", "p2": "a"}}, "at least two are needed"),
        ({"labels": {"p1": "a", "P1 ": "b"}}, "a raw value is mapped twice"),
        ({"labels": {"": "a", "p": "b"}}, "a label is empty"),
        ({"labels": (1.1, "2.0")}, "1.1 is no label, write it in quotes"),
        ({"labels": (True, False)}, "True is no label, write it in quotes"),
        ({"labels": {"a": "x", "b": None}}, "at least two are needed"),
        ({"text_columns": ("body", "bo\u200bdy")}, "a column is named twice"),
        ({"text_columns": ("body", "\u200b")}, "every column needs a name"),
        ({"max_rejected": 5}, "max_rejected must be a share from 0 to 1, got 5"),
        ({"max_rejected": float("nan")}, "max_rejected must be a share from 0 to 1"),
        ({"near_duplicates": 0.2}, "must be a similarity from 0.5 to 1, or 0"),
        ({"near_duplicates": 1.5}, "must be a similarity from 0.5 to 1, or 0"),
        ({"near_duplicates": float("nan")}, "must be a similarity from 0.5 to 1, or 0"),
        ({"seed": -1}, "a whole number from 0 to 4294967295"),
        ({"seed": 1 << 64}, "a whole number from 0 to 4294967295"),
        ({"seed": 1.5}, "a whole number from 0 to 4294967295"),
    ],
)
def test_options_that_cannot_work_are_refused(options, words):
    with pytest.raises(DataError, match=words):
        PrepareOptions(**options)


@pytest.mark.parametrize(
    "options",
    [
        PrepareOptions(),
        PrepareOptions(labels=("b", "a"), seed=7),
        PrepareOptions(labels={"Spam": None}),
        PrepareOptions(labels={"P2": "b", "P1": "a"}, text_columns=["x"], near_duplicates=0),
    ],
)
def test_options_survive_json(options):
    again = PrepareOptions.from_json(options.to_json())

    assert again == options
    assert again.fingerprint() == options.fingerprint()


def test_every_option_changes_the_fingerprint():
    variants = [
        PrepareOptions(),
        PrepareOptions(text_columns=("body",)),
        PrepareOptions(label_column="queue"),
        PrepareOptions(language_column="lang"),
        PrepareOptions(labels=("a", "b")),
        PrepareOptions(labels=("b", "a")),
        PrepareOptions(labels={"a": "x", "b": "y"}),
        PrepareOptions(labels={"b": "y", "a": "x"}),
        PrepareOptions(near_duplicates=0),
        PrepareOptions(seed=1),
    ]

    assert len({options.fingerprint() for options in variants}) == len(variants)


def test_the_limit_of_rejected_rows_does_not_change_what_is_prepared():
    assert PrepareOptions(max_rejected=1) == PrepareOptions()
    assert PrepareOptions(max_rejected=1).to_json() == PrepareOptions().to_json()


def test_names_of_columns_are_cleaned_like_the_header():
    options = PrepareOptions(text_columns=(" Be\u200btreff",), label_column="e\u0301tat\ufeff")

    assert (options.text_columns, options.label_column) == (("Betreff",), "état")


def options_of(*arguments):
    parser = ArgumentParser()
    add_prepare_options(parser)
    return prepare_options(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("arguments", "labels"),
    [
        ((), None),
        (("--labels", "low, high"), ("low", "high")),
        (
            ("--labels", "1=high,Parent::Child=low,Spam="),
            {"1": "high", "Parent::Child": "low", "Spam": ""},
        ),
        (("--label", "Billing, EU", "--label", "IT"), {"Billing, EU": "Billing, EU", "IT": "IT"}),
        (("--label", "a=b=x", "--label", "=c=d"), {"a=b": "x", "c=d": "c=d"}),
        (("--label", "1.10", "--label", "1.1"), {"1.10": "1.10", "1.1": "1.1"}),
        (("--label", "Spam=", "--label=-None-="), {"Spam": "", "-None-": ""}),
        (
            ("--label", r"CORP\network=a", "--label", "{x: y}=b"),
            {r"CORP\network": "a", "{x: y}": "b"},
        ),
    ],
)
def test_any_value_can_be_named_on_the_command_line(arguments, labels):
    assert options_of(*arguments).labels == labels


@pytest.mark.parametrize(
    "labels",
    [
        ("Urgent", "Low"),
        ("-None-", "-", "b"),
        ("-a,", "-b"),
        ("a,b", "c=d", '"e"', r"f\g", "$h"),
        {"1": "high", "5": "low"},
        {"a,b": "x", "c": "y"},
    ],
)
def test_labels_are_written_as_arguments_that_a_shell_reads_back(labels):
    again = options_of(*shlex.split(label_arguments(labels))).labels

    named = labels if isinstance(labels, dict) else dict(zip(labels, labels, strict=True))
    assert (again if isinstance(again, dict) else dict(zip(again, again, strict=True))) == named


def test_the_package_shows_its_public_names_and_no_others():
    assert dir(cs_data) == cs_data.__all__
    assert all(hasattr(cs_data, name) for name in cs_data.__all__)
    with pytest.raises(AttributeError, match="no attribute 'prepair'"):
        cs_data.prepair  # noqa: B018 - looking is the test
