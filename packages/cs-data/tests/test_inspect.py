from __future__ import annotations

import warnings

import numpy as np
import pytest
from cs_data_tests.tickets import unlike_texts

from cs_data import DataError, PrepareOptions, prepare
from cs_data.reports.inspection import inspect
from cs_data.reports.inspection_picture import draw_inspection
from cs_data.reports.pictures import check_picture

PNG = b"\x89PNG"


def test_an_inspection_counts_labels_languages_and_lengths(tickets_csv):
    inspection = inspect(tickets_csv("x,two words,low,fr\n,,low,fr\n"), PrepareOptions())

    assert inspection.languages == ("de", "en", "fr")
    assert inspection.counts.tolist() == [[10, 10, 1], [10, 10, 0], [10, 10, 0]]
    assert inspection.words.min() == 3
    assert inspection.characters.min() == len("x\ntwo words")
    assert inspection.quantiles(inspection.words) == [13] * 7
    assert inspection.rejected_lines == {"empty_text": [63]}


def test_a_prepared_folder_gives_the_same_as_its_file(tickets_csv, tmp_path):
    path = tickets_csv()
    prepare(path, tmp_path / "out")
    of_folder = inspect(tmp_path / "out", PrepareOptions())
    of_file = inspect(path, PrepareOptions())

    assert of_folder.manifest == of_file.manifest
    np.testing.assert_array_equal(of_folder.counts, of_file.counts)
    np.testing.assert_array_equal(of_folder.words, of_file.words)


@pytest.mark.parametrize(
    ("lengths", "starts", "counts"),
    [
        ([5], [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 1]),
        ([0, 1, 2, 3], [0, 1, 2, 3], [1, 1, 1, 1]),
        ([10, 25, 49, *[50] * 96, 9999], [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50], None),
    ],
)
def test_a_histogram_has_round_bins_and_holds_every_ticket(tickets_csv, lengths, starts, counts):
    inspection = inspect(tickets_csv(), PrepareOptions())
    found_starts, found_counts = inspection.histogram(np.array(lengths), 12)

    assert found_starts == starts
    assert sum(found_counts) == len(lengths)
    assert counts is None or found_counts == counts


def test_a_picture_is_drawn_the_same_every_time(tickets_csv, tmp_path):
    inspection = inspect(tickets_csv(), PrepareOptions())
    for kind, start in (("png", PNG), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        once, twice = tmp_path / f"one.{kind}", tmp_path / f"two.{kind}"
        draw_inspection(inspection, once)
        draw_inspection(inspection, twice)
        assert once.read_bytes().startswith(start)
        assert once.read_bytes() == twice.read_bytes()
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


def test_many_labels_and_languages_fit_in_a_picture(write_csv, tmp_path):
    rows = [f"{text},queue ${at % 25}$,l{at % 12}\n" for at, text in enumerate(unlike_texts(300))]
    path = write_csv("body,queue,language\n" + "".join(rows))
    options = PrepareOptions(text_columns=("body",), label_column="queue")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_inspection(inspect(path, options), tmp_path / "queues.png")

    assert (tmp_path / "queues.png").read_bytes().startswith(PNG)


def test_a_picture_that_cannot_be_written_is_refused_before_any_work(tmp_path):
    with pytest.raises(DataError, match=r"a picture's name ends in .png, .svg, .pdf"):
        check_picture(tmp_path / "x.gif")
    with pytest.raises(DataError, match="there is no folder"):
        check_picture(tmp_path / "none" / "x.png")
