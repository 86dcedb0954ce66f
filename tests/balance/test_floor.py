"""Losses in units of their floor loss."""

from __future__ import annotations

import pytest
import torch

from polyhead.balance import Sight

from .life import build


def test_a_loss_at_its_floor_counts_one():
    floors = [0.693, 1234.5, 1e-4]
    balance, all_ = build("floor", floors), torch.ones(3, dtype=torch.bool)
    counted = balance(Sight(all_)) * balance.get_buffer("units") * torch.tensor(floors)
    assert counted.tolist() == pytest.approx([1, 1, 1])
    assert balance.penalty(all_).tolist() == [0, 0, 0]
    assert not list(balance.parameters())
