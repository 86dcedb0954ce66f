"""Several quantiles by the pinball loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from polyhead.tasks.losses import constant
from polyhead.tasks.losses.number import Array, NumberLoss, like
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.task import Decoded, Weights

INTERVAL = (0.05, 0.95)
"""Levels that bound the central 90 %."""


@dataclass(frozen=True)
class QuantileLoss(NumberLoss):
    """Mean over `levels` of max(q r, (q - 1) r), r the target minus the quantile of level q (Koenker, Bassett 1978).

    Outputs are sorted before anything else, so that quantiles never cross; sorting never raises the loss
    (Chernozhukov, Fernandez-Val and Galichon 2010).
    """

    levels: tuple[float, ...]

    @property
    def parts(self) -> int:
        """One number per level."""
        return len(self.levels)

    @property
    def places(self) -> int:
        """All of them are quantiles of the target."""
        return len(self.levels)

    def __call__(self, estimate: Tensor, truth: Tensor) -> Tensor:
        levels = torch.tensor(self.levels, dtype=truth.dtype, device=truth.device)
        levels = levels.view(-1, *[1] * (truth.dim() - 1))
        residual = truth.unsqueeze(1) - estimate.sort(dim=1).values
        return torch.maximum(levels * residual, (levels - 1) * residual).mean(dim=1)

    def best_constant(self, truth: Array, weights: Weights | None) -> Array:
        each = like(weights, truth)
        return np.stack([constant.quantile(truth, level, each) for level in self.levels])

    def decode(self, estimate: Array, scale: TargetScale) -> Decoded:
        """The median, and the interval where its levels are there. The logarithm keeps quantiles what they are."""
        ranked = np.sort(estimate, axis=1)
        found = {level: scale.physical(ranked[:, i]) for i, level in enumerate(self.levels)}
        low, high = INTERVAL
        whole = low in found and high in found
        return Decoded(found[0.5], low=found[low] if whole else None, high=found[high] if whole else None)

    def state(self) -> dict[str, Any]:
        return {}
