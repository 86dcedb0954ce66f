"""The plain sum of losses."""

from __future__ import annotations

import torch

from polyhead.balance.sum import Sum


def test_every_loss_counts_as_it_is():
    weighting = Sum(3)(torch.tensor([True, True, False]))
    assert weighting.weights.tolist() == [1, 1, 1]
    assert weighting.penalties.tolist() == [0, 0, 0]
    assert Sum(3).sigma() is None
