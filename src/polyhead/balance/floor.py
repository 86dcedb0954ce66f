"""Losses in units of their floor loss: 1.0 means "learned nothing"."""

from __future__ import annotations

import torch
from torch import Tensor

from polyhead.balance.balance import Balance, Weighting


class Floor(Balance):
    """Divides each loss by the least value that one constant output reaches on the training set under that loss."""

    def __init__(self, floor_losses: list[float]) -> None:
        super().__init__()
        self.register_buffer("weights", 1 / torch.tensor(floor_losses, dtype=torch.float32))

    def forward(self, present: Tensor) -> Weighting:
        weights = self.get_buffer("weights")
        return Weighting(weights, torch.zeros_like(weights))
