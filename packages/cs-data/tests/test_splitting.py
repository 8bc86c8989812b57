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


def test_a_label_without_tickets_of_its_own_is_passed_over():
    labels = np.repeat([0, 2], 10).astype(np.int32)

    assert np.bincount(split_tickets(alone(20), labels, ids(20), 42)).tolist() == [16, 2, 2]
