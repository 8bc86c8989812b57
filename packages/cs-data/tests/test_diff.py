from __future__ import annotations

import json
import os
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from cs_data_tests.tickets import unlike_texts

from cs_data import DataError, PrepareOptions, fetch, prepare
from cs_data.cli import main
from cs_data.reports.difference import compare
from cs_data.reports.difference_picture import draw_difference
from cs_data.versions import open_version


@pytest.fixture
def versions(write_csv, tmp_path):
    """Prepare two exports: lists of (text number, label, language)."""
    texts = unlike_texts(400)

    def make(*exports, column="priority"):
        made = []
        for at, rows in enumerate(exports):
            lines = [f"{texts[number]},{label},{language}\n" for number, label, language in rows]
            path = write_csv(f"body,{column},language\n" + "".join(lines), f"{at}.csv")
            options = PrepareOptions(text_columns=("body",), label_column=column)
            made.append(prepare(path, tmp_path / f"prepared-{at}", options))
        return made

    return make


def rows(numbers, label=lambda n: ("low", "high")[n % 2], language=lambda n: ("en", "de")[n % 2]):
    return [(n, label(n), language(n)) for n in numbers]


def test_every_ticket_is_added_removed_or_kept(versions):
    old, new = versions(rows(range(100)), rows(range(20, 150)))
    difference = compare(old, new)

    assert (difference.added, difference.removed, difference.kept) == (50, 20, 80)
    assert difference.relabelled == {}
    assert difference.labels.kinds == ("low", "medium", "high")[::2]
    assert difference.labels.old.tolist() == [50, 50]
    assert difference.labels.new.tolist() == [65, 65]


def test_a_version_beside_itself_shows_nothing(versions):
    old, new = versions(rows(range(60)), rows(range(60)))
    difference = compare(old, new)

    assert (difference.added, difference.removed, difference.kept) == (0, 0, 60)
    assert difference.moved == 0
    assert difference.labels.test is None
    assert difference.languages.test is None


def test_relabelled_tickets_are_counted_by_their_labels(versions):
    changed = rows(range(60), label=lambda n: "high" if n in (0, 2, 4) else ("low", "high")[n % 2])
    changed[1] = (1, "low", "de")
    old, new = versions(rows(range(60)), changed)

    assert compare(old, new).relabelled == {("low", "high"): 3, ("high", "low"): 1}


def test_of_tickets_with_one_text_as_many_are_kept_as_both_versions_have(versions):
    def times(**counts):
        return [(100, label, "en") for label, count in counts.items() for _ in range(count)]

    base = rows(range(60))
    old, new = versions(
        base + times(high=3, low=1) + [(101, "low", "en")] * 5,
        base + times(low=3, high=2) + [(101, "low", "en")] * 2 + [(102, "high", "en")] * 2,
    )
    difference = compare(old, new)

    # of text 100, high 2 and low 1 are as before, one high is low now, and one low is new
    assert (difference.kept, difference.added, difference.removed) == (66, 3, 3)
    assert difference.relabelled == {("high", "low"): 1}
    assert difference.added + difference.kept == difference.new.rows
    assert difference.removed + difference.kept == difference.old.rows
    assert difference.labels.test.sizes == (3, 69)


def test_a_version_with_repeated_tickets_beside_itself_shows_nothing(versions):
    repeated = rows(range(60)) + [(n % 7, ("low", "high")[n % 3 == 0], "en") for n in range(100)]
    old, new = versions(repeated, repeated[::-1])
    difference = compare(old, new)

    assert (difference.added, difference.removed, difference.kept) == (0, 0, 160)
    assert difference.relabelled == {}
    assert difference.moved == 0


def test_more_of_one_label_among_the_added_tickets_is_no_chance(versions):
    added = rows(range(100, 160), label=lambda n: "low" if n % 10 else "high")
    old, new = versions(rows(range(100)), rows(range(100)) + added)
    test = compare(old, new).labels.test

    assert test.groups == ("added", "older")
    assert test.sizes == (60, 100)
    assert test.significant
    # by hand: 54 and 6 beside 50 and 50
    expected = np.outer([60, 100], [104, 56]) / 160
    statistic = (np.square(np.array([[54, 6], [50, 50]]) - expected) / expected).sum()
    assert test.cramers_v == pytest.approx((statistic / 160) ** 0.5)


def test_more_of_the_same_is_chance(versions):
    old, new = versions(rows(range(100)), rows(range(160)))
    difference = compare(old, new)

    assert difference.labels.test.p_value > 0.5
    assert not difference.languages.test.significant


def test_where_tickets_were_only_removed_they_are_set_beside_those_kept(versions):
    old, new = versions(rows(range(100)), rows([n for n in range(100) if n % 2 or n > 60]))
    test = compare(old, new).labels.test

    assert test.groups == ("removed", "kept")
    assert test.sizes == (31, 69)
    assert test.significant


def test_the_test_of_few_tickets_is_the_same_every_time(versions):
    few = rows(range(100, 104), language=lambda n: "fr" if n == 100 else "en")
    old, new = versions(rows(range(100)), rows(range(100)) + few)
    first, second = (compare(old, new).languages.test for _ in range(2))

    assert first == second
    assert 0 < first.p_value < 0.1


def test_versions_without_a_common_label_are_no_versions(versions):
    old, new = versions(
        rows(range(60), label=lambda n: "AB"[n % 2]), rows(range(60), label=lambda n: "CD"[n % 2]),
        column="queue",
    )  # fmt: skip
    with pytest.raises(DataError, match="no label in common"):
        compare(old, new)


def test_many_labels_and_languages_fit_in_a_picture(versions, tmp_path):
    many = rows(range(300), label=lambda n: f"queue ${n % 25}$", language=lambda n: f"l{n % 12}")
    difference = compare(*versions(many[:200], many[50:], column="queue"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in (tmp_path / "one.png", tmp_path / "two.png"):
            draw_difference(difference, "older", "newer", path)

    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_command_reports_and_draws(tickets_csv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tickets_csv()
    main(["prepare", "tickets.csv", "-o", "out"])
    newer = tickets_csv("new,new and urgent,high,en\n,,low,en\n", name="newer.csv")
    newer.write_text(newer.read_text().replace(",low,", ",medium,", 1))
    capsys.readouterr()
    assert main(["diff", "out/manifest.json", "newer.csv", "--plot", "diff.svg"]) == 0
    printed = " ".join(capsys.readouterr().out.split())

    assert "out/manifest.json → newer.csv" in printed
    assert "added 1" in printed
    assert "low 1 medium" in printed
    assert "rejected rows, empty_text: 0 → 1" in printed
    assert "label shift: no more than chance explains (1 added tickets beside 60 older" in printed
    assert Path("diff.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("old", "printed"),
    [
        ("none.csv", "none.csv: there is no such file"),
        ("empty", "empty is no prepared data set"),
        ("small@HEAD", "data/raw/small.csv.dvc at HEAD: git or data/raw is not here"),
    ],
)
def test_a_version_that_is_not_there_is_reported(
    tickets_csv, tmp_path, monkeypatch, capsys, old, printed
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    tickets_csv()

    assert main(["diff", old, "tickets.csv"]) == 2
    assert capsys.readouterr().err.startswith(f"cs-data: {printed}")


def test_a_folder_that_lacks_a_split_is_reported(tickets_csv, tmp_path):
    prepare(tickets_csv(), tmp_path / "out")
    (tmp_path / "out" / "test.parquet").unlink()
    with (
        pytest.raises(DataError, match=r"test\.parquet is missing"),
        open_version(str(tmp_path / "out"), PrepareOptions(), data_dir=tmp_path),
    ):
        pass


def test_a_share_that_shrinks_by_next_to_nothing_has_no_negative_zero(tmp_path, capsys):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    rows = [f"{text},{('a', 'b')[at % 2]}\n" for at, text in enumerate(unlike_texts(1201))]
    for path, many in ((old, 1200), (new, 1201)):
        path.write_text("body,queue\n" + "".join(rows[:many]))
    flags = ("--text-columns", "body", "--label-column", "queue", "--near-duplicates", "0")

    assert main(["diff", str(old), str(new), *flags]) == 0
    printed = capsys.readouterr().out
    assert "+0.0" in printed
    assert "-0.0" not in printed


def test_what_a_commit_names_is_fetched_and_compared(checkout, tickets_csv, monkeypatch, capsys):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    raw = checkout("small", tickets_csv().read_bytes())
    root = raw.parents[2]
    monkeypatch.chdir(root)
    person = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b"}
    person |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}

    def git(*words):
        subprocess.run(["git", *words], check=True, cwd=root, env=os.environ | person)

    git("init", "--quiet")
    git("add", str(raw.with_name("small.csv.dvc")))
    git("commit", "--quiet", "-m", "one")
    checkout("small", tickets_csv("new,new and urgent,high,en\n").read_bytes())
    git("commit", "--quiet", "-a", "-m", "two")
    fetch("small")
    assert main(["diff", "small@HEAD~1", "small"]) == 0
    printed = " ".join(capsys.readouterr().out.split())

    assert "kept 60" in printed
    assert "added 1" in printed
    assert json.loads((root / "data/prepared/small/manifest.json").read_text())["name"] == "small"
    assert main(["diff", "small@v9", "small"]) == 2
    error = capsys.readouterr().err
    assert "data/raw/small.csv.dvc at v9: invalid object name 'v9'; git log " in error
    assert "fatal" not in error
