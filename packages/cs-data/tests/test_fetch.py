from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pytest
from cs_data_tests.fetching import fetch_custom, fetch_sample
from cs_data_tests.tickets import unlike_texts

from cs_data import DataError, PrepareOptions, Splits, fetch


def test_a_custom_file_is_prepared_once(tickets_csv, tmp_path):
    path = tickets_csv()
    first = fetch("custom", path=path, data_dir=tmp_path / "data")
    made = first.path("train").stat().st_mtime_ns
    again = fetch("custom", path=path, data_dir=tmp_path / "data")

    assert again == first
    assert again.path("train").stat().st_mtime_ns == made
    assert first.folder.parent == tmp_path / "data" / "prepared"
    assert first.folder.name.startswith("custom-")


def test_other_bytes_or_options_are_prepared_in_a_folder_of_their_own(tickets_csv, tmp_path):
    data = tmp_path / "data"
    folders = {
        fetch("custom", path=tickets_csv(), data_dir=data).folder,
        fetch("custom", path=tickets_csv("a,b,low,en\n"), data_dir=data).folder,
        fetch("custom", path=tickets_csv(), data_dir=data, options=PrepareOptions(seed=1)).folder,
    }

    assert len(folders) == 3


def test_splits_of_an_older_format_are_prepared_again(tickets_csv, tmp_path):
    path = tickets_csv("a,b,Q1,en\n")
    first = fetch("custom", path=path, data_dir=tmp_path / "data")
    manifest = json.loads((first.folder / "manifest.json").read_text())
    del manifest["unknown_values"]
    (first.folder / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))

    assert fetch("custom", path=path, data_dir=tmp_path / "data") == first
    assert Splits.load(first.folder).manifest.unknown_values == {"Q1": 1}


def test_a_prepared_folder_does_not_hide_that_too_many_rows_are_lost(tickets_csv, tmp_path):
    path = tickets_csv("a,b,Q1,en\n" * 9)
    options = PrepareOptions(max_rejected=0.2)
    allowed = fetch("custom", path=path, data_dir=tmp_path / "data", options=options)

    with pytest.raises(DataError, match="the values of 9 of 69 rows"):
        fetch("custom", path=path, data_dir=tmp_path / "data")
    assert fetch("custom", path=path, data_dir=tmp_path / "data", options=options) == allowed
    assert len(list((tmp_path / "data" / "prepared").iterdir())) == 1


def test_a_named_file_is_prepared_again_when_its_bytes_change(tickets_csv, tmp_path):
    data = tmp_path / "data"
    (data / "raw").mkdir(parents=True)
    tickets_csv().rename(data / "raw" / "small.csv")
    assert fetch("small", data_dir=data).manifest.rows == 60

    tickets_csv("a,b,low,en\n").rename(data / "raw" / "small.csv")
    splits = fetch("small", data_dir=data)

    assert splits.manifest.rows == 61
    assert splits.folder == data / "prepared" / "small"
    assert fetch("small", data_dir=data, options=PrepareOptions(seed=1)).folder.name.startswith(
        "small-"
    )


def test_a_folder_that_lost_a_file_is_prepared_again(tickets_csv, tmp_path):
    path = tickets_csv()
    splits = fetch("custom", path=path, data_dir=tmp_path)
    splits.path("test").unlink()

    assert fetch("custom", path=path, data_dir=tmp_path).read("test").num_rows == 6

    (splits.folder / "manifest.json").write_text("{")
    assert fetch("custom", path=path, data_dir=tmp_path) == splits


def test_a_folder_with_an_edited_split_is_prepared_again(tickets_csv, tmp_path):
    path = tickets_csv()
    splits = fetch("custom", path=path, data_dir=tmp_path)
    prepared = splits.path("train").read_bytes()
    splits.path("train").write_bytes(splits.path("test").read_bytes())
    with pytest.raises(DataError, match=r"train\.parquet is missing, or not the file that manif"):
        Splits.load(splits.folder)

    assert fetch("custom", path=path, data_dir=tmp_path) == splits
    assert splits.path("train").read_bytes() == prepared


def test_the_sample_needs_nothing(tmp_path):
    splits = fetch("sample", data_dir=tmp_path)

    assert (tmp_path / "raw" / "sample.csv").exists()
    assert splits.folder == tmp_path / "prepared" / "sample"
    assert splits.manifest.labels == ("low", "medium", "high")
    assert splits.manifest.rows > 2900
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["sample.csv"]


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        (
            "tiny",
            None,
            r"there is no data set 'tiny': choose from sample, or make it one with cs-data publish "
            r"tiny FILE, or by a file at .*raw/tiny.csv",
        ),
        ("custom", None, "data set 'custom' needs the path of your CSV file"),
        ("small", "x.csv", "data set 'small' takes no path: choose 'custom' to use x.csv"),
        ("small", None, r"data set 'small' is not here: put its CSV file at .*raw/small.csv"),
        ("custom", "none.csv", "none.csv: there is no such file"),
        ("custom", ".", "is a folder: name the export in it"),
    ],
)
def test_what_cannot_be_fetched_is_reported(tmp_path, name, path, words):
    with pytest.raises(DataError, match=words):
        fetch(name, path=path, data_dir=tmp_path)


@pytest.mark.slow
def test_processes_that_fetch_at_once_all_get_complete_data(tickets_csv, tmp_path):
    path, data = tickets_csv(), tmp_path / "data"
    # not by forking: pyarrow's threads, which a server of forks would have too, are lost in a fork
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        custom = [pool.submit(fetch_custom, path, data) for _ in range(8)]
        sample = [pool.submit(fetch_sample, data) for _ in range(4)]
        found = [future.result(timeout=120) for future in custom]
        manifests = {future.result(timeout=120) for future in sample}

    assert all(result == found[0] for result in found)
    assert len(manifests) == 1
    assert sorted(path.name for path in (data / "prepared").iterdir()) == [
        found[0][0].rpartition("/")[2],
        "sample",
    ]


def test_a_killed_fetch_leaves_no_data_that_looks_complete(tickets_csv, tmp_path):
    rows = [f",{text},{('low', 'high')[n % 2]},en\n" for n, text in enumerate(unlike_texts(40_000))]
    path, data = tickets_csv("".join(rows)), tmp_path / "data"
    code = "import sys, cs_data; cs_data.fetch('custom', path=sys.argv[1], data_dir=sys.argv[2])"
    running = subprocess.Popen([sys.executable, "-c", code, str(path), str(data)])
    prepared = data / "prepared"
    while running.poll() is None and not (prepared.exists() and any(prepared.iterdir())):
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait(timeout=60) == -signal.SIGKILL

    assert [path.name[0] for path in prepared.iterdir()] == ["."]
    assert fetch("custom", path=path, data_dir=data).manifest.rows == 40_060
