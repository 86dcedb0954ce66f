"""The plain sum of losses."""

from __future__ import annotations

import torch

from polyhead.balance import Sight

from .life import build


def test_losses_count_as_they_are():
    balance, all_ = build("sum", [0.3, 2.0, 1e6]), torch.ones(3, dtype=torch.bool)
    assert (balance(Sight(all_)) * balance.get_buffer("units")).tolist() == [1, 1, 1]
    assert balance.penalty(all_).tolist() == [0, 0, 0]
    assert not list(balance.parameters())
