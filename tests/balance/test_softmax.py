"""Weights by a softmax of the losses."""

from __future__ import annotations

import math

import pytest
import torch

from polyhead.balance import Sight

from .life import build


def weights(losses, present=(True, True), **options):
    balance = build({"method": "softmax", **options}, [1.0] * len(losses))
    return balance(Sight(torch.tensor(present), torch.tensor(losses).double())).tolist()


@pytest.mark.parametrize(("temperature", "expected"), [(1.0, [1.5, 0.5]), (0.5, [1.8, 0.2]), (1e6, [1, 1])])
def test_by_hand(temperature, expected):
    """exp(-difference / temperature) is 1/3, 1/9 and 1."""
    found = weights([0.4, 0.4 + math.log(3)], temperature=temperature)
    assert found == pytest.approx(expected, abs=1e-5)


def test_losses_below_zero_are_differences_as_well():
    assert weights([-7.0, -7.0 + math.log(3)]) == pytest.approx([1.5, 0.5])


def test_the_task_that_is_learned_first_takes_all_unless_the_others_have_a_share():
    assert weights([0.01, 1.0], temperature=0.02) == pytest.approx([2, 0], abs=1e-9)
    assert weights([0.01, 1.0], temperature=0.02, min_share=0.1) == pytest.approx([1.8, 0.2])


def test_a_share_is_of_the_present_tasks():
    found = weights([0.0, 5.0, 50.0], (True, False, True), temperature=0.1, min_share=0.25)
    assert found == pytest.approx([1.5, 0, 0.5])
