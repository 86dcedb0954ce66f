"""PCGrad: hand numbers, torchjd's weights for the same orders, and an order that depends on seed and count only."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from polyhead.balance.balance import Sight, Terms
from polyhead.balance.pcgrad import Pcgrad
from polyhead.config.balance import PcgradOptions

ONE = np.array([[2.0, 0.0, 1.0], [-1.0, 1.0, 0.5], [-1.0, -2.0, 0.0], [0.5, -1.0, -2.0]])


def pcgrad(tasks, seed=0):
    terms = Terms(tuple("abcdefgh"[:tasks]), (1.0,) * tasks, seed)
    return Pcgrad(PcgradOptions(method="pcgrad"), terms)


def draws(gradients, number, seed=0):
    balance, tasks = pcgrad(len(gradients), seed), np.arange(len(gradients))
    return [balance.weigh(gradients @ gradients.T, np.ones(len(tasks)), tasks) for _ in range(number)]


def test_two_tasks_by_hand():
    """g1 + (1/4) g2 and g2 + g1, where g1 g2 = -1, |g1| = 1 and |g2| = 2."""
    gramian = torch.tensor([[1.0, -1.0], [-1.0, 4.0]], dtype=torch.float64)
    sight = Sight(torch.tensor([True, True]), torch.ones(2, dtype=torch.float64), gramian)
    assert pcgrad(2)(sight).tolist() == [2, 1.25]


def test_gradients_without_conflict_are_added_up():
    assert draws(np.array([[1.0, 0.0], [3.0, 1.0], [0.0, 2.0]]), 1)[0].tolist() == [1, 1, 1]


def test_only_what_still_points_against_it_is_taken():
    """g1 meets g2 first and then no longer points against g3, or g3 first and then still against g2."""
    gradients = np.array([[1.0, 0.0], [-1.0, 1.0], [-0.2, 1.0]])
    projected = {  # of g1 in terms of g1, g2, g3; g2 and g3 are worked out with it below
        (1, 2): np.array([1, 0.5, 0]),
        (2, 1): np.array([1, 0.5 - 0.5 * 0.2 * 1.2 / 1.04, 0.2 / 1.04]),
    }
    second = np.array([1, 1, 0])  # g2 + g1, which g3 does not oppose, either way round
    third = np.array([0.2, 0, 1])
    expected = {tuple((one + second + third).round(9)) for one in projected.values()}
    assert {tuple(one.round(9)) for one in draws(gradients, 50)} == expected


def test_torchjd_reaches_the_same_weights():
    oracle = pytest.importorskip("torchjd.aggregation").PCGradWeighting()
    gramian = torch.from_numpy(ONE[:3] @ ONE[:3].T)
    torch.manual_seed(0)
    theirs = {tuple(oracle(gramian).numpy().round(9)) for _ in range(300)}
    assert {tuple(one.round(9)) for one in draws(ONE[:3], 300)} == theirs
    assert len(theirs) > 2


def test_every_order_is_drawn_alike():
    """For each task the three others come in six orders; a fair draw of 1200 has each 200 times, sd 13."""
    balance, counts = pcgrad(4), {}
    for _ in range(1200):
        order = tuple(one for one in balance._orders(np.arange(4))[0] if one != 0)
        counts[order] = counts.get(order, 0) + 1
    assert set(counts) == set(itertools.permutations((1, 2, 3)))
    assert all(abs(count - 200) < 60 for count in counts.values())


def test_the_order_is_the_seeds_and_the_counts():
    assert np.array_equal(draws(ONE, 20), draws(ONE, 20))
    assert not np.array_equal(draws(ONE, 20), draws(ONE, 20, seed=1))
    assert len({tuple(one) for one in draws(ONE, 20)}) > 1


def test_the_order_of_those_who_are_there_does_not_depend_on_who_is_absent():
    for some in ([0, 2, 3], [0, 3], [1, 2]):
        whole, part = pcgrad(4), pcgrad(4)
        for _ in range(20):
            every = whole._orders(np.arange(4))
            kept = [[some.index(one) for one in every[task] if one in some] for task in some]
            assert part._orders(np.array(some)).tolist() == kept
