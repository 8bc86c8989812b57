from __future__ import annotations

import pytest
from cs_train_tests.commands import cs_train

from cs_train.config import ConfigError, compose, compose_sweep
from cs_train.splits import fetch_splits

PUBLISHED = """\
outs:
- md5: 0123456789abcdef0123456789abcdef
  size: 12
  path: {name}.csv
meta:
  prepare:
    text_columns: [Betreff, Text]
    label_column: Queue
    labels:
    - [No, other]
    - [Abrechnung, billing]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in a folder with the published data set `support`, and the file `mine.csv`."""
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "support.csv.dvc").write_text(PUBLISHED.format(name="support"))
    (raw / "mine.csv").write_text("subject,body,priority\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_published_name_is_a_data_set_with_its_options():
    dataset = compose(["experiment=best", "dataset=support"]).dataset

    assert (dataset.name, dataset.label_column) == ("support", "Queue")
    assert dataset.text_columns == ["Betreff", "Text"]
    assert dataset.labels == {"No": "other", "Abrechnung": "billing"}
    assert compose(["dataset=support", "dataset.label_column=Team"]).dataset.label_column == "Team"
    assert compose(["dataset=mine"]).dataset.label_column == "priority"
    sweep = compose_sweep(["dataset=support,mine"])
    assert [one.dataset.label_column for one in sweep] == ["Queue", "priority"]


def test_names_of_a_published_data_set_that_look_like_references_stay(folder):
    text = PUBLISHED.format(name="support").replace("Queue", "'${x}'").replace("other", "'a ${b'")
    (folder / "data" / "raw" / "support.csv.dvc").write_text(text.replace("Text", "'${y'"))

    dataset = compose(["dataset=support"]).dataset
    assert (dataset.label_column, dataset.text_columns) == ("${x}", ["Betreff", "${y"])
    assert dataset.labels == {"No": "a ${b", "Abrechnung": "billing"}


def test_data_sets_are_those_of_the_data_folder(folder, monkeypatch):
    monkeypatch.chdir(folder / "data")

    with pytest.raises(ConfigError, match=r"dataset=support: there is no such dataset; choose"):
        compose(["dataset=support"])
    assert compose(["dataset=support"], folder).dataset.label_column == "Queue"
    elsewhere = f"dataset.data_dir={folder}/data"
    assert compose(["dataset=support", elsewhere]).dataset.label_column == "Queue"


def test_a_public_data_set_that_is_published_with_options_has_them(folder):
    raw = folder / "data" / "raw"
    (raw / "small.csv.dvc").write_text(PUBLISHED.format(name="small"))

    assert compose(["experiment=baseline"]).dataset.label_column == "Queue"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("dataset=suport", "dataset=suport: there is no such dataset; did you mean support?"),
        ("dataset.name=suport", "dataset=suport: there is no such dataset; did you mean support?"),
        ("dataset=../raw/mine", "there is no such dataset; "),
        ("dataset.name=support", "write dataset=support, which also sets the options that it was"),
    ],
)
def test_a_name_that_is_none_is_reported_with_the_nearest(override, message):
    with pytest.raises(ConfigError) as caught:
        compose([override])

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_data_sets_are_listed_however_many_there_are(folder):
    for number in range(12):
        (folder / "data" / "raw" / f"team-{number}.csv").touch()

    with pytest.raises(ConfigError, match=r"choose custom, .*support, team-0, .*team-11, "):
        compose(["dataset=zzz"])


def test_a_broken_dvc_file_stops_only_runs_that_need_it(folder):
    (folder / "data" / "raw" / "support.csv.dvc").write_text("outs: 3\n")

    assert compose(["dataset=mine"]).dataset.name == "mine"
    with pytest.raises(Exception, match=r"support.csv.dvc does not say which file"):
        fetch_splits(compose(["dataset=support"]).dataset)


def test_the_command_knows_them_too(folder):
    shown = cs_train(folder, "dataset=support", "--cfg", "job")
    listed = cs_train(folder, "--help")

    assert "label_column: Queue" in shown.out
    assert "dataset=custom | full | medium | mine | sample | small | support" in listed.out
