from __future__ import annotations

import csv
import random
import re
from collections import Counter, defaultdict

import numpy as np
import pytest
from cs_data_tests.tickets import unlike_texts

from cs_data.preparing.grouping import Groups
from cs_data.preparing.near_duplicates import NearDuplicates, bands_for
from cs_data.preparing.shingles import mix, shingle_sets

# An implementation of its own, as plain as can be: words by `re`, sets of tuples.
WORD = re.compile(r"[぀-ヿ㐀-䶿一-鿿]|[^\W぀-ヿ㐀-䶿一-鿿]+")


def shingles_by_hand(text: str) -> set[tuple[str, ...]]:
    words = [re.sub(r"\d", "0", word.casefold()) for word in WORD.findall(text)]
    return {tuple(words[at : at + 3]) for at in range(max(1, len(words) - 2))} if words else set()


def pairs_by_hand(texts: list[str], similarity: float) -> set[tuple[int, int]]:
    sets = [shingles_by_hand(text) for text in texts]
    owners = defaultdict(list)
    pairs = set()
    for b, shingles in enumerate(sets):
        shared = Counter(a for shingle in shingles for a in owners[shingle])
        for a, common in shared.items():
            if common >= similarity * (len(sets[a]) + len(shingles) - common):
                pairs.add((a, b))
        for shingle in shingles:
            owners[shingle].append(b)
    return pairs


def components(count: int, pairs: set[tuple[int, int]]) -> list[int]:
    root = list(range(count))
    for a, b in sorted(pairs) * 3:
        root = [min(root[a], root[b]) if r in (root[a], root[b]) else r for r in root]
    return root


@pytest.fixture
def group(tmp_path):
    def group(texts, similarity=0.8, wanted=None, at_once=97):
        with NearDuplicates(tmp_path, similarity) as finder:
            for start in range(0, len(texts), at_once):
                finder.add(texts[start : start + at_once])
            mask = np.ones(len(texts), bool) if wanted is None else np.array(wanted)
            return finder.groups(mask).tolist()

    return group


def varied(text: str, changes: int, draw: random.Random) -> str:
    words = text.split()
    for at in draw.sample(range(len(words)), changes):
        words[at] = draw.choice(["alpha", "beta", "gamma", "delta"])
    return " ".join(words)


@pytest.fixture(scope="module")
def planted():
    """600 texts: 300 unlike ones, and one of each with up to five words changed."""
    draw = random.Random(3)  # noqa: S311 - nothing secret depends on it
    base = unlike_texts(300, words=60)
    texts = base + [varied(text, at % 6, draw) for at, text in enumerate(base)]
    draw.shuffle(texts)
    return texts


@pytest.mark.parametrize("similarity", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_groups_are_those_that_comparing_every_pair_gives(group, planted, similarity):
    pairs = pairs_by_hand(planted, similarity)

    assert len(pairs) > 40
    assert group(planted, similarity) == components(len(planted), pairs)


def test_being_alike_is_passed_on(group):
    chain = [unlike_texts(1, words=100)[0]]
    for at in range(6):
        words = chain[-1].split()
        words[at * 15 + 5] = f"new{'abcdefg'[at]}"
        chain.append(" ".join(words))

    assert pairs_by_hand([chain[0], chain[-1]], 0.8) == set()
    assert group(chain) == [0] * 7


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Order 123 has failed today", "order 987 HAS FAILED: today!", True),
        ("Hello there", "hello, there...", True),
        ("Hello", "Goodbye", False),
        ("!!!", "???", False),
        ("我无法登录我的账户请帮忙处理谢谢", "我无法登录我的账户请帮忙处理谢谢!", True),
        ("我无法登录我的账户", "发票金额有错误请更正", False),
        ("ログインできません", "ログイン できません", True),
        ("größer Ärger in MÜNCHEN", "GRÖẞER ÄRGER IN münchen", True),
    ],
)
def test_case_digits_and_punctuation_do_not_count_but_words_do(group, one, other, alike):
    assert group([one, other]) == ([0, 0] if alike else [0, 1])


def test_texts_without_words_stay_alone(group):
    assert group(["", "🎫", "...", "🎫"]) == [0, 1, 2, 3]


def test_unwanted_texts_stay_alone_and_join_nothing(group):
    text = unlike_texts(1, words=30)[0]

    assert group([text, text + " x", text], wanted=[True, False, True]) == [0, 1, 0]


def test_shingles_are_the_same_however_texts_are_put_into_blocks():
    long = " ".join(unlike_texts(1, words=300_000))  # more than one block holds
    texts = [*unlike_texts(50), long, "", "one", "one two", *unlike_texts(50, seed=1)]

    together = shingle_sets(texts)
    alone = [shingle_sets([text]) for text in texts]

    assert together.sizes.tolist() == [int(part.sizes[0]) for part in alone]
    np.testing.assert_array_equal(together.hashes, np.concatenate([p.hashes for p in alone]))
    by_hand = [shingles_by_hand(text) for text in texts if text is not long]
    assert [len(s) for s in by_hand] == [
        s for t, s in zip(texts, together.sizes, strict=True) if t is not long
    ]


def test_hashes_are_what_they_were_in_earlier_versions():
    sets = shingle_sets(["Printer 12 is on fire", "请帮忙", "x"])

    assert sets.sizes.tolist() == [3, 1, 1]
    assert sets.hashes.tolist() == [43121635, 2898542369, 3033592994, 2922215081, 2804077302]


@pytest.mark.parametrize("similarity", [0.5, 0.55, 0.65, 0.75, 0.8, 0.85, 0.95, 1.0])
def test_bands_miss_less_than_one_pair_in_a_million(similarity):
    bands, rows = bands_for(similarity)

    assert bands * rows <= 128
    assert (1 - similarity**rows) ** bands < 1e-6


def test_bands_cannot_be_had_for_any_similarity():
    with pytest.raises(ValueError, match="cannot find pairs"):
        bands_for(0.05)


def test_a_footer_that_everybody_carries_hides_no_pair(group):
    footer = unlike_texts(1, seed=9, words=40)[0]
    draw = random.Random(5)  # noqa: S311 - nothing secret depends on it
    base = [f"{text} {footer}" for text in unlike_texts(400, words=20)]
    texts = base + [varied(text, 2, draw) for text in base[:40]]

    pairs = pairs_by_hand(texts, 0.8)

    assert len(pairs) > 20
    assert group(texts) == components(len(texts), pairs)


@pytest.mark.parametrize("options", [2, 10])
def test_templates_with_slots_do_not_make_the_work_quadratic(group, monkeypatch, options):
    from cs_data.preparing.pair_comparison import Comparison

    compared = 0
    plainly = Comparison._compare

    def counting(self, pairs):
        nonlocal compared
        compared += pairs.shape[1]
        plainly(self, pairs)

    monkeypatch.setattr(Comparison, "_compare", counting)
    draw = random.Random(1)  # noqa: S311 - nothing secret depends on it
    template = [f"w{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10]}" for n in range(60)]
    texts = []
    for _ in range(2000):
        words = template.copy()
        for at in range(5, 60, 9):
            words[at] = f"s{'abcdefghij'[draw.randrange(options)]}"
        texts.append(" ".join(words))

    group(texts)

    assert compared < 2000 * 32 * 34


def test_groups_joined_in_any_order_have_their_lowest_row_as_root():
    draw = random.Random(2)  # noqa: S311 - nothing secret depends on it
    pairs = [(draw.randrange(500), draw.randrange(500)) for _ in range(300)]
    groups = Groups(500)
    for start in range(0, 300, 70):
        part = np.array(pairs[start : start + 70])
        groups.join(part[:, 0], part[:, 1])

    assert groups.all_roots().tolist() == components(500, {(min(p), max(p)) for p in pairs})


def test_mixing_moves_every_bit():
    ones = np.array([1 << bit for bit in range(64)], np.uint64)
    flipped = mix(np.zeros(64, np.uint64)) ^ mix(ones)

    assert min(int(bits).bit_count() for bits in flipped.tolist()) > 16


def test_no_near_duplicates_cross_groups_in_real_tickets(group, real_tickets):
    with (real_tickets / "small.csv").open(encoding="utf-8", newline="") as file:
        texts = [f"{row['subject']}\n{row['body']}" for row in csv.DictReader(file) if row["body"]]
    for similarity in (0.5, 0.8):
        pairs = pairs_by_hand(texts, similarity)
        assert group(texts, similarity) == components(len(texts), pairs)
