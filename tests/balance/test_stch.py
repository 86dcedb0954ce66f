"""Smooth Tchebycheff scalarisation."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polyhead.balance import Sight

from .life import build


def weights(losses, mu: float, present=None) -> torch.Tensor:
    known = torch.tensor(present or [True] * len(losses))
    balance = build({"method": "stch", "temperature": mu}, [1.0] * len(losses))
    return balance(Sight(known, torch.tensor(losses).double()))


@given(st.lists(st.floats(0, 20), min_size=2, max_size=5), st.sampled_from([0.01, 0.2, 1.0]))
def test_it_is_the_gradient_of_torchjds_times_the_number_of_tasks(losses, mu):
    from torchjd.scalarization import STCH

    values = torch.tensor(losses).double().requires_grad_()
    STCH(mu, weights=torch.ones_like(values))(values).backward()
    torch.testing.assert_close(weights(losses, mu).double(), len(losses) * values.grad, rtol=1e-5, atol=1e-6)


def test_by_hand():
    assert weights([0.5, 0.5 + 0.2 * math.log(3)], 0.2).tolist() == pytest.approx([0.5, 1.5])
    assert weights([0.5, 9.0, 0.5], 0.2, [True, False, True]).tolist() == pytest.approx([1, 0, 1])


def test_a_small_mu_leaves_only_the_worst_task_and_a_large_one_all():
    assert weights([0.9, 1.0, 0.3], 1e-3).tolist() == pytest.approx([0, 3, 0])
    assert weights([0.9, 1.0, 0.3], 1e6).tolist() == pytest.approx([1, 1, 1], rel=1e-5)
