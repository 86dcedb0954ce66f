"""The plain sum of losses."""

from __future__ import annotations

import torch
from torch import Tensor

from polyhead.balance.balance import Balance, Sight


class Sum(Balance):
    """Every loss counts as it is, so units and scales decide which task is heard; the tasks' own `weight` makes static
    weights of it."""

    raw = True

    def forward(self, sight: Sight) -> Tensor:
        return torch.ones_like(self.get_buffer("units"))
