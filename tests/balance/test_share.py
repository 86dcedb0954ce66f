"""Shares of weights: a softmax over the present tasks, and the least that each may have."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polyhead.balance.share import least_share, soft_shares

ALL = torch.tensor([True, True, True])


@pytest.mark.parametrize(
    ("scores", "present", "shares"),
    [
        ([5.0, 5.0, 5.0], [True] * 3, [1, 1, 1]),
        ([0.0, math.log(2), math.log(3)], [True] * 3, [0.5, 1, 1.5]),
        ([0.0, math.log(2), math.log(3)], [True, False, True], [0.5, 0, 1.5]),
        ([1000.0, float("nan"), 999.0], [True, False, False], [1, 0, 0]),
        ([1.0, 2.0, 3.0], [False] * 3, [0, 0, 0]),
    ],
)
def test_soft_shares_by_hand(scores, present, shares):
    assert soft_shares(torch.tensor(scores), torch.tensor(present)).tolist() == pytest.approx(shares)


@pytest.mark.parametrize(
    ("weights", "present", "share", "mixed"),
    [
        ([8.0, 2.0, 0.0], [True] * 3, 0.1, [6.6, 2.4, 1.0]),  # 0.1 x 10 + (1 - 0.3) w
        ([8.0, 2.0, 5.0], [True, True, False], 0.25, [6.5, 3.5, 0]),  # 0.25 x 10 + (1 - 0.5) w
        ([8.0, 2.0, 5.0], [True, True, False], 0.0, [8, 2, 5]),
        ([3.0, 2.0, 5.0], [False, True, False], 0.9, [0, 2, 0]),
        ([3.0, 2.0, 5.0], [False] * 3, 0.3, [0, 0, 0]),
    ],
)
def test_least_share_by_hand(weights, present, share, mixed):
    assert least_share(torch.tensor(weights), torch.tensor(present), share).tolist() == pytest.approx(mixed)


@given(st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=3), st.floats(0.01, 0.33))
def test_a_share_binds_keeps_the_sum_and_the_order(weights, share):
    came = torch.tensor(weights, dtype=torch.float64)
    mixed = least_share(came, ALL, share)
    assert mixed.sum().item() == pytest.approx(sum(weights))
    assert mixed.min().item() >= share * sum(weights) * (1 - 1e-9)
    assert torch.equal(mixed[came.argsort()], mixed.sort().values)
