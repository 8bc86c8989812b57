from __future__ import annotations

import numpy as np
import pytest

from cs_data.preparing.splitting import SPLITS, label_of_group, split_tickets


def ids(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**63, (count, 2), dtype=np.uint64)


def alone(count: int) -> np.ndarray:
    return np.arange(count)


@pytest.mark.parametrize("rows", [3, 4, 5, 9, 10, 14, 15, 25, 26, 100, 999])
def test_each_label_gives_a_tenth_and_at_least_one_to_test_and_to_validation(rows):
    labels = np.repeat([0, 1], rows).astype(np.int32)

    splits = split_tickets(alone(2 * rows), labels, ids(2 * rows), 42)

    held_out = max(1, (rows + 5) // 10)
    for label in (0, 1):
        counts = np.bincount(splits[labels == label], minlength=3)
        assert counts.tolist() == [rows - 2 * held_out, held_out, held_out]


def test_groups_never_cross_splits_and_shares_are_kept():
    rng = np.random.default_rng(1)
    groups = np.sort(rng.integers(0, 3000, 10_000))
    groups = np.searchsorted(groups, groups)  # the first row of each group
    labels = rng.integers(0, 4, 10_000).astype(np.int32)
    owners = label_of_group(groups, labels, 4)

    splits = split_tickets(groups, owners, ids(10_000), 42)

    assert (splits == splits[groups]).all()
    shares = np.bincount(splits) / 10_000
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=0.005)


def test_a_group_larger_than_half_a_split_stays_in_train():
    groups = np.concatenate([np.zeros(30, int), np.arange(30, 130)])

    for seed in range(20):
        splits = split_tickets(groups, np.zeros(130, np.int32), ids(130), seed)
        assert splits[0] == SPLITS.index("train")


@pytest.mark.parametrize("sizes", [[2, 2, 2], [5, 1, 1], [1, 7, 7], [9, 9, 9, 9], [40, 1, 1, 1]])
def test_every_split_gets_a_group_even_where_all_are_large(sizes):
    starts = np.cumsum(sizes) - sizes
    groups = np.repeat(starts, sizes)

    for seed in range(20):
        splits = split_tickets(groups, np.zeros(len(groups), np.int32), ids(len(groups)), seed)
        assert set(splits) == {0, 1, 2}


def test_another_seed_draws_differently_and_the_same_one_the_same():
    labels = np.zeros(1000, np.int32)
    first = split_tickets(alone(1000), labels, ids(1000), 1)

    assert (first == split_tickets(alone(1000), labels, ids(1000), 1)).all()
    assert (first != split_tickets(alone(1000), labels, ids(1000), 2)).sum() > 200


def test_more_rows_move_few_of_the_others():
    before = split_tickets(alone(1000), np.zeros(1000, np.int32), ids(1000), 42)
    after = split_tickets(
        alone(1100), np.zeros(1100, np.int32), np.vstack([ids(1000), ids(100, 5)]), 42
    )

    assert (before != after[:1000]).mean() < 0.05


def test_a_group_goes_by_its_rarest_label():
    groups = np.array([0, 0, 2, 2, 4, 5])
    labels = np.array([0, 1, 0, 2, 0, 2], np.int32)

    assert label_of_group(groups, labels, 3).tolist() == [1, 1, 2, 2, 0, 2]


def test_a_group_goes_by_the_label_of_whose_tickets_it_holds_the_largest_share():
    groups = np.repeat([0, 11, 22], 11)
    labels = np.repeat([0, 1, 0, 1, 0, 1], [10, 1, 1, 10, 10, 1]).astype(np.int32)

    assert np.unique(label_of_group(groups, labels, 2)[groups == 0]).tolist() == [0]
    assert np.unique(label_of_group(groups, labels, 2)[groups == 11]).tolist() == [1]


SHARES = {
    "long tail": 1 / np.arange(1, 3001),
    "200 texts": 1 / np.arange(1, 201),
    "20 equal texts": np.ones(20),
    "ten texts, nine tenths": np.append(np.full(10, 900), np.full(1000, 1)),
    "one text, six tenths": np.append(1500, np.ones(1000)),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES.keys())
def test_a_few_texts_that_make_up_most_rows_leave_the_shares_as_they_are(shares, seed):
    draw = np.random.default_rng(seed)
    texts = draw.choice(len(shares), 5_000, p=shares / shares.sum())
    _, first, members = np.unique(texts, return_index=True, return_inverse=True)
    # Most tickets have their text's label, the others any, so nearly no text has only one.
    labels = np.where(draw.random(5_000) < 0.7, texts % 4, draw.integers(0, 4, 5_000))

    splits = split_tickets(
        first[members], labels.astype(np.int32), ids(len(first), seed)[members], 42
    )

    assert (splits == splits[first[members]]).all()
    np.testing.assert_allclose(np.bincount(splits) / 5_000, [0.8, 0.1, 0.1], atol=0.02)
    for label in range(4):
        assert np.bincount(splits[labels == label], minlength=3).min() > 0
    singles = np.bincount(texts)[texts] == 1
    if singles.sum() > 100:  # most of them are learned from
        assert (splits[singles] == SPLITS.index("train")).mean() > 0.45


def test_a_label_that_owns_no_group_is_in_every_split_all_the_same():
    groups = np.repeat(np.arange(0, 400, 10), 10)
    labels = np.tile([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 40)
    labels[[9, 19, 29]] = 2
    labels[[8, 18, 28, 38]] = 3

    for seed in range(20):
        splits = split_tickets(groups, labels.astype(np.int32), ids(400), seed)
        assert (splits == splits[groups]).all()
        for label in range(4):
            assert set(splits[labels == label]) == {0, 1, 2}


def test_more_rows_of_the_same_texts_move_few_of_the_others():
    draw = np.random.default_rng(3)
    texts = draw.choice(300, 3300, p=(1 / np.arange(1, 301)) / (1 / np.arange(1, 301)).sum())
    found = []
    for rows in (3000, 3300):
        _, first, members = np.unique(texts[:rows], return_index=True, return_inverse=True)
        labels = (texts[:rows] % 3).astype(np.int32)
        found.append(split_tickets(first[members], labels, ids(300)[texts[:rows]], 42))

    assert (found[0] != found[1][:3000]).mean() < 0.15


def test_a_label_without_tickets_of_its_own_is_passed_over():
    labels = np.repeat([0, 2], 10).astype(np.int32)

    assert np.bincount(split_tickets(alone(20), labels, ids(20), 42)).tolist() == [16, 2, 2]
