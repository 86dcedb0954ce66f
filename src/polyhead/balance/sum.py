"""The plain sum of losses."""

from __future__ import annotations

import torch
from torch import Tensor

from polyhead.balance.balance import Balance, Weighting


class Sum(Balance):
    """Every loss counts as it is, so units and scales decide which task is heard."""

    def __init__(self, tasks: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.ones(tasks), persistent=False)

    def forward(self, present: Tensor) -> Weighting:
        weights = self.get_buffer("weights")
        return Weighting(weights, torch.zeros_like(weights))
