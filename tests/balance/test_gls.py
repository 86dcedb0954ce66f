"""Geometric mean of the losses, and the sum of their logarithms."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polyhead.balance import Sight

from .life import build

LOSSES = st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=5)


def weights(losses, form: str = "geometric", present=None) -> torch.Tensor:
    known = torch.tensor(present or [True] * len(losses))
    balance = build({"method": "gls", "form": form}, [1.0] * len(losses))
    return balance(Sight(known, torch.tensor(losses).double())).double()


@given(LOSSES)
def test_geometric_is_the_gradient_of_torchjds_mean_times_the_number_of_tasks(losses):
    from torchjd.scalarization import GeometricMean

    values = torch.tensor(losses).double().requires_grad_()
    (len(losses) * GeometricMean()(values)).backward()
    torch.testing.assert_close(weights(losses), values.grad, rtol=1e-5, atol=0)


@given(LOSSES)
def test_log_is_the_same_direction_with_another_length(losses):
    values = torch.tensor(losses).double()
    torch.testing.assert_close(weights(losses, "log"), 1 / values, rtol=1e-5, atol=0)
    ratio = weights(losses) / weights(losses, "log")
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), rtol=1e-5, atol=0)


def test_by_hand_over_the_present_tasks():
    assert weights([1.0, 7.0, 4.0], present=[True, False, True])[[0, 2]].tolist() == pytest.approx([2, 0.5])
    assert weights([1.0, 7.0, 4.0], "log", [True, False, True])[[0, 2]].tolist() == pytest.approx([1, 0.25])


@pytest.mark.parametrize("form", ["geometric", "log"])
@pytest.mark.parametrize("floor", [1e-6, 1.0, 1e6])
def test_a_loss_of_zero_has_a_finite_weight_also_in_its_own_units(form, floor):
    balance = build({"method": "gls", "form": form}, [floor, 1.0])
    found = balance(Sight(torch.tensor([True, True]), torch.tensor([0.0, 1.0]).double()))
    assert (found * balance.get_buffer("units")).isfinite().all()
    assert (found > 0).all()
