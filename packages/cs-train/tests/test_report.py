"""The page of a run: what it says, that it is safe to open, and that odd runs give a page too."""

from __future__ import annotations

import dataclasses
import html
import io
import itertools
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from cs_train_tests.results import LABELS, make_result
from rich.console import Console

from cs_train.engine.metrics import EpochMetrics, StepMetrics
from cs_train.evaluation.evaluate import majority_guess
from cs_train.evaluation.scores import score, score_by
from cs_train.outputs.model_card import model_card
from cs_train.outputs.report import write_report
from cs_train.outputs.report.answers import (
    MAX_TEXT,
    SHORT_TEXT,
    calibration_bins,
    most_confident_errors,
    shorten,
)
from cs_train.outputs.report.figures import moving_mean, thin
from cs_train.outputs.result import Suggestion
from cs_train.outputs.summary import print_summary
from cs_train.outputs.wording import percent, summary


def make_report(**own):
    """Make a run for a page whose path does not matter."""
    return make_result(Path("unused"), **own)


class Page(HTMLParser):
    """Reads a page and checks on the way that every tag that is opened is closed again."""

    VOID = frozenset({"meta", "br", "hr", "link", "img"})

    def __init__(self, markup):
        super().__init__()
        self.elements = []
        self.open = []
        self.cells = []
        self.words = []
        self.feed(markup)
        self.close()
        assert self.open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)
        if "td" in self.open or "th" in self.open:
            self.cells[-1][-1] += data.strip()

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]


@pytest.fixture(scope="module")
def usual_markup(tmp_path_factory):
    """The page of a usual run, for the tests that only look at it."""
    result = make_result(tmp_path_factory.mktemp("usual"))
    write_report(result)
    return result.report.read_text(encoding="utf-8")


@pytest.fixture
def page_of(tmp_path):
    def read(result):
        result = dataclasses.replace(result, folder=tmp_path)
        write_report(result)
        return result.report.read_text(encoding="utf-8")

    return read


def test_the_figures_on_the_page_are_those_of_the_scores(usual_markup):
    report = make_report()
    test = report.test
    scores = score(test.targets, test.probabilities, LABELS)
    guess = majority_guess(np.arange(1600) % 3, test.targets, LABELS)

    page = Page(usual_markup)

    for figure in (scores.accuracy, scores.macro_f1, scores.calibration_error):
        assert percent(figure) in page.text
    assert f"Always guessing “low”: {percent(guess.accuracy)}" in page.text
    for label in scores.classes:
        row = [percent(value) for value in (label.f1, label.precision, label.recall)]
        assert [label.label, *row, str(label.support)] in page.cells
    for label, counts in zip(scores.classes, scores.confusion, strict=True):
        shares = [f"{count}{100 * count / label.support:.0f}%" for count in counts]
        assert [label.label, *shares] in page.cells
    by_language = score_by(test.languages, test.targets, test.probabilities, LABELS)
    for name, found in by_language.items():
        row = [name, percent(found.accuracy), percent(found.macro_f1), str(found.rows)]
        assert row in page.cells


def test_the_page_says_what_was_run_and_how_to_try_it(usual_markup):
    page = Page(usual_markup)

    assert "2625fbf557f24cb4304b9d0614e33353" in page.text
    assert 'It labels this one “ high ”. cs-model predict model "Our shop is down"' in page.text
    assert "The weights after epoch 2 were kept, chosen by validation macro-F1" in page.text


def test_nothing_is_fetched_and_no_script_runs(usual_markup):
    markup = usual_markup
    page = Page(markup)

    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base"}
    assert "http://" not in markup
    assert "https://" not in markup
    assert "@import" not in markup
    references = page.attributes("href") + page.attributes("src") + page.attributes("xlink:href")
    references += re.findall(r"url\(([^)]*)\)", markup)
    assert all(reference.startswith("#") for reference in references)
    assert "default-src 'none'" in page.attributes("content")[1]


def test_ids_are_unique_and_all_that_is_referred_to_is_there(usual_markup):
    markup = usual_markup
    page = Page(markup)

    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    referred = re.findall(r"url\(#([^)]*)\)", markup) + page.attributes("aria-labelledby")
    referred += [reference[1:] for reference in page.attributes("href")]
    assert referred
    assert set(referred) <= set(ids)


def test_the_figures_take_every_colour_from_the_page(usual_markup):
    markup = usual_markup

    drawings = re.findall(r"<svg.*?</svg>", markup, flags=re.DOTALL)
    assert len(drawings) == 4
    assert not re.search(r"#[0-9a-f]{6}\b", " ".join(drawings))
    used = set(re.findall(r"var\((--[a-z]+)\)", markup))
    defined = set(re.findall(r"(--[a-z]+):", markup))
    assert used <= defined


def test_every_figure_and_table_can_be_read_aloud(usual_markup):
    markup = usual_markup
    page = Page(markup)

    for tag, attributes in page.elements:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert len(attributes["aria-label"]) > 30
    assert all(
        attributes.get("scope") in ("row", "col")
        for tag, attributes in page.elements
        if tag == "th"
    )
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))


def test_markup_in_tickets_labels_and_facts_is_shown_as_text(page_of):
    attack = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&"
    report = make_report(
        rows=4,
        labels=(attack, "b"),
        languages=(attack,),
        name=attack,
        label_column=attack,
        texts=[attack * 20] * 4,
        targets=np.array([0, 0, 1, 1]),
        probabilities=np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]]),
        facts={attack: {attack: attack}},
        suggestion=Suggestion(attack, attack),
        caveat=attack,
    )

    markup = page_of(report)

    assert "<script" not in markup
    assert "<img" not in markup
    assert html.escape(attack, quote=False).replace("'", "&#39;").split('"')[0] in markup
    assert Page(markup).text.count("<script>alert('x')</script>") > 6


def test_the_same_run_gives_the_same_bytes(page_of, usual_markup):
    assert page_of(make_report()) == usual_markup


def test_the_same_run_gives_the_same_bytes_whatever_style_matplotlib_is_set_to(
    page_of, usual_markup
):
    import matplotlib as mpl

    with mpl.rc_context({"lines.linewidth": 9, "svg.fonttype": "path", "axes.grid": False}):
        assert page_of(make_report()) == usual_markup
        assert mpl.rcParams["lines.linewidth"] == 9


def test_a_page_that_was_there_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")

    write_report(make_result(tmp_path))

    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_keeps_the_page_that_was_there(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    unwritable = make_result(tmp_path, label_column="a lone surrogate \ud800 fits into no file")

    with pytest.raises(UnicodeEncodeError):
        write_report(unwritable)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way_is_an_error_that_leaves_nothing_behind(tmp_path):
    path = tmp_path / "report.html"
    path.mkdir()

    with pytest.raises(OSError, match=r"report\.html"):
        write_report(make_result(tmp_path))

    assert list(tmp_path.iterdir()) == [path]


LONG_LABELS = tuple(
    f"Human Resources / Recruiting and Onboarding, queue {number}" for number in range(25)
)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(make_report(labels=("no", "yes")), id="two labels"),
        pytest.param(make_report(rows=900, labels=LONG_LABELS), id="25 labels with long names"),
        pytest.param(make_report(languages=("en",)), id="one language"),
        pytest.param(make_report(languages=[f"l{n}" for n in range(12)]), id="12 languages"),
        pytest.param(make_report(epochs=1, steps=1), id="a single epoch of one step"),
        pytest.param(make_report(epochs=0, steps=0), id="no training"),
        pytest.param(make_report(epochs=0), id="no validation"),
        pytest.param(make_report(steps=0), id="no steps"),
        pytest.param(make_report(rows=1), id="a single row"),
        pytest.param(make_report(texts=[""] * 200), id="empty texts"),
        pytest.param(make_report(facts={}), id="no facts"),
        pytest.param(make_report(monitor="loss"), id="chosen by loss"),
        pytest.param(
            make_report(
                steps=[
                    StepMetrics(1, float("nan"), 0, 1, 1.0, 1.0),
                    StepMetrics(2, float("inf"), 0, 1, 1.0, 1.0),
                ],
                epochs=[EpochMetrics(1, 2, float("nan"), 0.3, 0.2, best=False, seconds=1.0)],
            ),
            id="losses that are no numbers and a learning rate of 0",
        ),
    ],
)
def test_odd_runs_give_a_complete_page_too(page_of, report):
    markup = page_of(report)

    Page(markup)
    assert not re.search(r"\bnan\b|\binf\b", markup)
    assert len(markup) < 500_000


def test_a_run_without_mistakes_says_so(page_of):
    report = make_report(probabilities=np.eye(3)[make_report().test.targets])

    text = Page(page_of(report)).text

    assert "It made no mistake at all." in text
    assert "None: every test ticket got the right priority." in text


def test_right_to_left_and_emoji_texts_are_shown_uncut_and_in_their_direction(page_of):
    ticket = "😀🎉 لا أستطيع تسجيل الدخول إلى حسابي"
    report = make_report(
        rows=1,
        texts=[ticket],
        languages=["ar"],
        targets=np.array([0]),
        probabilities=np.array([[0.1, 0.8, 0.1]]),
    )

    page = Page(page_of(report))

    assert ticket in page.text
    assert ("div", {"class": "ticket", "dir": "auto"}) in page.elements


def test_a_label_without_test_tickets_gets_no_scores(page_of):
    report = make_report(rows=2, targets=np.array([0, 1]), probabilities=np.eye(3)[:2])

    assert ["high", "none tested", "", "", "0"] in Page(page_of(report)).cells


def test_an_unknown_language_is_called_not_stated(page_of):
    page = Page(page_of(make_report(languages=("en", "und"))))

    assert any(cells[0] == "not stated" for cells in page.cells)
    assert "und" not in page.text.split()


def test_where_no_language_is_stated_there_is_no_chapter_about_languages(page_of):
    page = Page(page_of(make_report(languages=("und",))))

    assert "By language" not in page.text
    assert "not stated" not in page.text
    assert "und" not in page.text.split()
    assert "By language" in Page(page_of(make_report(languages=("en",)))).text


def test_more_labels_than_fit_on_a_page_leave_the_matrix_out(page_of):
    page = Page(page_of(make_report(rows=500, labels=[f"queue {n}" for n in range(41)])))

    assert "Confusion matrix" not in page.attributes("aria-label")
    assert sum(cells[0].startswith("queue") for cells in page.cells) == 41


@pytest.mark.slow
def test_a_hundred_thousand_rows_and_steps_give_a_small_page(page_of):
    texts = [f"Ticket {at}. {'A long ticket. ' * 2_000}" for at in range(20)]
    report = make_report(rows=100_000, steps=100_000, texts=texts * 5_000)

    assert len(page_of(report).encode()) < 2_000_000


def test_rows_and_texts_must_be_equally_many():
    with pytest.raises(ValueError, match="1 texts and 200 languages for 200 rows"):
        make_report(texts=["only one"])


def test_the_most_confident_errors_come_first_and_right_answers_not_at_all():
    report = make_report(
        rows=4,
        targets=np.array([0, 0, 0, 0]),
        probabilities=np.array([[0.1, 0.5, 0.4], [0.9, 0.1, 0], [0, 0, 1.0], [0.1, 0.6, 0.3]]),
    )

    mistakes = most_confident_errors(report, top_n=2)

    assert [(found.predicted_label, found.probability) for found in mistakes] == [
        ("high", 1.0),
        ("medium", 0.6),
    ]
    assert mistakes[0].true_label == "low"
    assert mistakes[0].text == "Ticket 2\n\nNothing works."
    assert mistakes[0].short_text is None


def test_identical_tickets_are_one_of_the_most_confident_errors():
    report = make_report(
        rows=4,
        texts=["Printer jam", "Printer jam", "No sound", "Printer jam"],
        targets=np.array([0, 0, 0, 1]),
        probabilities=np.array([[0.1, 0.5, 0.4], [0, 0.1, 0.9], [0.1, 0.6, 0.3], [0, 0, 1.0]]),
    )

    mistakes = most_confident_errors(report, top_n=3)

    assert [(found.text, found.probability) for found in mistakes] == [
        ("Printer jam", 1.0),
        ("No sound", 0.6),
    ]


def test_what_identical_tickets_with_different_labels_cost_stands_beside_the_scores(page_of):
    sentence = (
        "No model can be right on more than 93.1% of these tickets: some have the same text and "
        "different labels."
    )
    result = make_result(Path("unused"), max_accuracy=0.931)

    assert sentence in Page(page_of(result)).text
    assert sentence in model_card(result)
    assert result.to_dict()["test_max_accuracy"] == 0.931
    terminal = io.StringIO()
    print_summary(Console(file=terminal, width=200), result)
    assert sentence in terminal.getvalue()
    for silent in (make_result(Path("unused")), make_result(Path("unused"), max_accuracy=0.99999)):
        assert "No model can be right" not in page_of(silent)


def test_a_long_ticket_is_shortened_and_can_be_opened(page_of):
    ticket = "word " * 500 + "end"
    report = make_report(
        rows=1, texts=[ticket], targets=np.array([0]), probabilities=np.array([[0, 0.9, 0.1]])
    )

    page = Page(page_of(report))

    assert "details" in {tag for tag, _ in page.elements}
    assert "word end" in page.text
    assert "word …" in page.text


@pytest.mark.parametrize(
    ("text", "length", "shortened"),
    [
        ("short", 10, "short"),
        ("exactly 10", 10, "exactly 10"),
        ("one two three", 10, "one two …"),
        ("one two, three", 12, "one two, …"),
        ("unbrokenletters", 10, "unbroken …"),
        ("a unbrokenlettersallalong", 12, "a unbroken …"),
        ("one two   \n\n  three", 12, "one two …"),
    ],
)
def test_a_text_is_cut_after_a_word_where_there_is_one(text, length, shortened):
    assert shorten(text, length) == shortened
    assert len(shortened) <= length


def test_texts_of_any_kind_stay_within_their_lengths():
    assert len(shorten("x" * 10**6, MAX_TEXT)) <= MAX_TEXT
    assert len(shorten(" " * 10**6, SHORT_TEXT)) <= SHORT_TEXT


def scored(right, rows):
    """Give the scores of a guesser that is right in so many of so many rows."""
    predicted = np.eye(2)[[0] * right + [1] * (rows - right)]
    return score(np.zeros(rows, dtype=int), predicted, ("urgent", "other"))


@pytest.mark.parametrize(
    ("right", "rows", "guessed", "said"),
    [
        (910, 1000, 440, "for 91 of 100 tickets it has not seen; … right for 44."),
        (7, 9, 4, "for 7 of 9 tickets it has not seen; … right for 4."),
        (1, 1, 0, "for 1 of 1 ticket it has not seen; … right for 0."),
        (999, 1000, 1, "for more than 99 of 100 tickets it has not seen; … for fewer than 1."),
        (1000, 1000, 0, "for 100 of 100 tickets it has not seen; … right for 0."),
    ],
)
def test_the_summary_says_it_in_one_sentence(right, rows, guessed, said):
    sentence = summary(scored(right, rows), scored(guessed, rows), "queue", "urgent")

    assert sentence.startswith("It names the right queue ")
    assert "always guessing “urgent” would be right" in sentence
    for part in said.split(" … "):
        assert part in sentence


def test_the_reader_is_warned_of_few_tickets_and_of_a_useless_model(page_of, usual_markup):
    wrong = make_report(
        rows=10, probabilities=np.eye(3)[(make_report(rows=10).test.targets + 1) % 3]
    )

    text = Page(page_of(wrong)).text

    assert "It answers no better than a guess" in text
    assert "Only 10 tickets could be tested" in text
    assert "could be tested" not in Page(usual_markup).text


def test_the_reliability_bins_add_up_to_the_calibration_error():
    report = make_report(rows=3000)

    bins = calibration_bins(report.test.targets, report.test.probabilities)

    error = sum(group.rows * abs(group.confidence - group.accuracy) for group in bins) / 3000
    expected = score(report.test.targets, report.test.probabilities, LABELS).calibration_error
    assert error == pytest.approx(expected, abs=1e-6)
    assert sum(group.rows for group in bins) == 3000
    assert all(group.low <= group.confidence <= group.high for group in bins)


def test_a_long_curve_is_thinned_to_means_of_neighbours():
    at, values = thin(range(1001), [float(number) for number in range(1001)])

    assert len(at) == 334
    assert at[:2].tolist() == [1, 4]
    assert at[-1] == 999.5
    assert values.tolist() == at.tolist()


def test_smoothing_keeps_a_level_curve_level_up_to_its_ends():
    assert moving_mean(np.full(100, 3.0)).tolist() == pytest.approx([3.0] * 100)
    assert moving_mean(np.array([1.0])).tolist() == [1.0]


def test_importing_the_report_loads_neither_matplotlib_nor_torch():
    check = (
        "import sys, cs_train.outputs.report; "
        "assert not {'matplotlib', 'torch', 'torchmetrics', 'jinja2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
