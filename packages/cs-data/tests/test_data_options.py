from __future__ import annotations

import pytest

import cs_data
from cs_data import DataError, PrepareOptions


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


def test_the_package_shows_its_public_names_and_no_others():
    assert dir(cs_data) == cs_data.__all__
    assert all(hasattr(cs_data, name) for name in cs_data.__all__)
    with pytest.raises(AttributeError, match="no attribute 'prepair'"):
        cs_data.prepair  # noqa: B018 - looking is the test
