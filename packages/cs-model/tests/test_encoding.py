from __future__ import annotations

import numpy as np
import pytest

from cs_model.encoding import token_batches


def test_batches_cover_each_text_once_and_stay_within_the_budget():
    lengths = np.random.default_rng(0).integers(2, 200, size=500)
    batches = token_batches(lengths, max_tokens=1000)
    assert sorted(np.concatenate(batches).tolist()) == list(range(500))
    assert all(len(batch) * lengths[batch].max() <= 1000 for batch in batches)


def test_batches_waste_little_padding():
    lengths = np.random.default_rng(0).integers(2, 200, size=500)
    padded = sum(len(batch) * lengths[batch].max() for batch in token_batches(lengths, 1000))
    assert padded < 1.1 * lengths.sum()


def test_a_text_longer_than_the_budget_is_a_batch_by_itself():
    batches = token_batches(np.array([5, 900, 6]), max_tokens=100)
    assert [batch.tolist() for batch in batches] == [[1], [2, 0]]


def test_no_texts_make_no_batches():
    assert token_batches(np.zeros(0, dtype=np.int64), max_tokens=100) == []


def test_padding_is_masked_and_texts_of_one_length_need_no_mask(classifier):
    encoded = classifier.encode(["server", "server is down", "server"])
    padded = encoded.batch(np.array([1, 0]))
    assert padded["attention_mask"].sum(axis=1).tolist() == encoded.lengths[[1, 0]].tolist()
    short = padded["input_ids"][1][padded["attention_mask"][1] == 0]
    assert set(short.tolist()) == {encoded.pad_id}
    assert set(encoded.batch(np.array([0, 2]))) == {"input_ids"}


@pytest.mark.parametrize("count", [0, 1, 1025])
def test_every_text_is_encoded(classifier, count):
    encoded = classifier.encode(["server"] * count)
    assert len(encoded) == len(encoded.lengths) == count
