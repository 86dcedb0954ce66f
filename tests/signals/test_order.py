"""The order of windows within an epoch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyhead.signals.order import batches

INDEX = np.arange(100, 150)


def drawn(size=8, seed=0, epoch=0, index=INDEX):
    return np.concatenate(batches(index, size, seed, epoch)).tolist()


@given(count=st.integers(1, 60), size=st.integers(1, 20), seed=st.integers(0, 2**32), epoch=st.integers(0, 100))
def test_an_epoch_holds_every_window_once(count, size, seed, epoch):
    index = np.arange(count) * 3
    parts = batches(index, size, seed, epoch)
    assert sorted(np.concatenate(parts)) == index.tolist()
    assert all(len(part) == size for part in parts[:-1])
    assert count == 1 or size == 1 or len(parts[-1]) > 1
    assert len(parts[-1]) <= size + 1


@pytest.mark.parametrize(
    ("count", "size", "lengths"),
    [(9, 4, [4, 5]), (10, 4, [4, 4, 2]), (8, 4, [4, 4]), (5, 4, [5]), (1, 4, [1]), (3, 8, [3]), (3, 1, [1, 2])],
)
def test_a_last_window_alone_joins_the_batch_before_it(count, size, lengths):
    assert [len(part) for part in batches(np.arange(count), size, 0, 0)] == lengths


def test_the_order_is_a_function_of_seed_and_epoch():
    assert drawn() == drawn()
    assert drawn(size=3) == drawn(size=8)
    others = [drawn(seed=seed, epoch=epoch) for seed in range(4) for epoch in range(4)]
    assert len(set(map(tuple, others))) == 16
    assert INDEX.tolist() not in others


def test_seed_and_epoch_do_not_stand_for_each_other():
    assert drawn(seed=1, epoch=2) != drawn(seed=2, epoch=1)


def test_the_global_generator_changes_nothing_and_is_not_touched():
    np.random.seed(0)  # noqa: NPY002
    one = drawn()
    first = np.random.random()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    assert np.random.random() == first  # noqa: NPY002
    assert drawn() == one


def test_every_place_is_as_likely_for_every_window():
    place = np.array([drawn(epoch=epoch, index=np.arange(4), size=2) for epoch in range(4000)])
    counts = np.array([[np.sum(place[:, i] == window) for window in range(4)] for i in range(4)])
    assert counts == pytest.approx(1000, abs=150)  # five standard deviations
