from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict

import pytest

from cs_data import fetch, make_sample
from cs_data.sample.export import draw_tickets
from cs_data.sample.phrases import phrase_banks
from cs_data.sample.tickets import QUEUES, TYPES
from cs_data.sample.urgency import Facts, urgency

LANGUAGES = {"en", "de", "fr", "es", "pt"}
LABEL_OF = {
    "very_low": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "high",
}


@pytest.fixture(scope="module")
def tickets():
    return draw_tickets(3000, 42)


@pytest.fixture(scope="module")
def labels_of_words(tickets):
    """How often each word stands in tickets of each label."""
    counts = defaultdict(Counter)
    for ticket in tickets:
        for word in set(re.findall(r"\w+", f"{ticket.subject} {ticket.body}".lower())):
            counts[word][LABEL_OF[ticket.priority]] += 1
    return counts


def test_the_sample_is_the_same_everywhere(tmp_path):
    make_sample(tmp_path / "sample.csv")
    md5 = hashlib.md5((tmp_path / "sample.csv").read_bytes(), usedforsecurity=False)
    assert md5.hexdigest() == "3501cdb87426246273ac1c7e4f26e915"


def test_rows_and_seed_can_be_chosen(tmp_path):
    make_sample(tmp_path / "a.csv", rows=50, seed=1)
    make_sample(tmp_path / "b.csv", rows=50, seed=2)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 50
    assert list(rows[0]) == ["subject", "body", "type", "queue", "priority", "language"]
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "b.csv").read_bytes()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(OSError, match="taken"):
        make_sample(tmp_path / "taken.csv", rows=10)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.csv"]


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        (Facts(blocked=True, many=True, soon=None), "high"),
        (Facts(blocked=True, many=None, soon=True), "high"),
        (Facts(blocked=True, many=False, soon=False), "medium"),
        (Facts(blocked=False, many=True, soon=True), "medium"),
        (Facts(blocked=False, many=None, soon=False), "low"),
    ],
)
def test_urgency_is_blocked_work_and_something_that_presses(facts, label):
    assert urgency(facts) == label


def test_three_labels_in_a_hundred_are_wrong(tickets):
    wrong = sum(LABEL_OF[ticket.priority] != urgency(ticket.facts) for ticket in tickets)
    assert 0.02 < wrong / len(tickets) < 0.04


def test_no_label_is_the_answer_to_half_of_the_tickets(tickets):
    counts = Counter(LABEL_OF[ticket.priority] for ticket in tickets)
    assert set(counts) == {"low", "medium", "high"}
    assert max(counts.values()) < 0.4 * len(tickets)


def test_five_languages_have_believable_shares(tickets):
    shares = Counter(ticket.language for ticket in tickets)
    assert set(shares) == LANGUAGES
    assert all(0.1 < count / len(tickets) < 0.35 for count in shares.values())


def test_no_single_word_decides(labels_of_words):
    for word, labels in labels_of_words.items():
        if labels.total() >= 30:
            assert max(labels.values()) / labels.total() < 0.8, word


def test_the_best_single_word_is_far_from_enough(tickets, labels_of_words):
    """Guess one label where the word stands and one where it does not: the best such rule."""
    all_labels = Counter(LABEL_OF[ticket.priority] for ticket in tickets)
    best = max(
        max(labels.values()) + max((all_labels - labels).values())
        for labels in labels_of_words.values()
    )
    assert best / len(tickets) < 0.5


def test_shouting_says_nothing(tickets):
    shouted = [ticket for ticket in tickets if "urgent" in ticket.subject.lower()]
    labels = Counter(LABEL_OF[ticket.priority] for ticket in shouted)
    assert len(shouted) > 20
    assert min(labels.values()) > 0.15 * len(shouted)


def test_every_fact_has_its_opposite_in_nearly_the_same_words():
    for bank in phrase_banks():
        for name, pairs in bank.facts.items():
            assert len(pairs) >= 3
            shared = [
                len(set(so.lower().split()) & set(not_so.lower().split())) for so, not_so in pairs
            ]
            assert sum(shared) >= 2 * len(pairs), (bank.language, name)


def test_every_language_can_say_everything():
    banks = {bank.language: bank for bank in phrase_banks()}
    assert set(banks) == LANGUAGES
    english = banks["en"]
    for bank in banks.values():
        assert set(bank.openings) == {kind for kind, _ in TYPES}
        assert set(bank.queues) == {queue for queue, _ in QUEUES}
        assert {name: len(pairs) for name, pairs in bank.facts.items()} == {
            name: len(pairs) for name, pairs in english.facts.items()
        }
        for queue in bank.queues.values():
            assert all((queue.things, queue.context, queue.ask, queue.aside))


def test_nothing_unfilled_is_left_in_a_ticket(tickets):
    for ticket in tickets:
        assert not re.search(r"[{}]", ticket.subject + ticket.body)


def test_no_single_word_decides_the_queue(tickets):
    counts = defaultdict(Counter)
    for ticket in tickets:
        for word in set(re.findall(r"\w+", ticket.body.lower())):
            counts[word][ticket.queue] += 1
    largest = Counter(ticket.queue for ticket in tickets).most_common(1)[0][1]
    decisive = [w for w, c in counts.items() if max(c.values()) > 0.5 * largest and len(c) == 1]
    assert decisive == []


def test_a_few_rows_are_twins_or_empty_as_in_real_exports(tickets):
    assert sum(not ticket.body for ticket in tickets) == 2
    texts = Counter((ticket.subject, ticket.body) for ticket in tickets if ticket.body)
    assert 1 <= sum(count - 1 for count in texts.values()) <= 10


def test_near_duplicates_are_rare(tmp_path):
    splits = fetch("sample", data_dir=tmp_path)
    assert splits.manifest.near_duplicates.rows < 0.01 * splits.manifest.rows
    assert splits.manifest.labels == ("low", "medium", "high")
    assert splits.manifest.rejected == {}
    assert (splits.manifest.identical.texts, splits.manifest.identical.rows) == (5, 10)
