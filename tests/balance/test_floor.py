"""Losses in units of their floor loss."""

from __future__ import annotations

import pytest
import torch

from polyhead.balance.floor import Floor


def test_a_loss_at_its_floor_counts_one():
    floors = [0.693, 1234.5, 1e-4]
    weighting = Floor(floors)(torch.ones(3, dtype=torch.bool))
    assert (weighting.weights * torch.tensor(floors)).tolist() == pytest.approx([1, 1, 1])
    assert weighting.penalties.tolist() == [0, 0, 0]
    assert not list(Floor(floors).parameters())
