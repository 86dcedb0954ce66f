"""Where the steps of a map stand in the window."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Spacing(NamedTuple):
    """Steps stand `stride` samples apart, and the last one `behind` samples before the window's last sample: at the
    middle of what it was made of, or at the sample that it follows."""

    stride: float
    behind: float = 0.0

    @classmethod
    def within(cls, samples: int, steps: int) -> Spacing:
        """That of a map that says nothing of it: so far apart, in whole samples, that as many strides are begun."""
        return cls(-(-samples // steps) if steps < samples else samples / steps)


def stretched(features: Tensor, samples: int, spacing: Spacing | None = None) -> Tensor:
    """A map (batch, width, step) at so many samples, linear between its steps and constant beyond them."""
    steps = features.shape[-1]
    stride, behind = spacing or Spacing.within(samples, steps)
    if (steps, stride, behind) == (samples, 1, 0):
        return features
    back = torch.arange(samples - 1, -1, -1, device=features.device, dtype=features.dtype)
    at = (steps - 1 - (back - behind) / stride).clamp(0, steps - 1)
    step = torch.arange(steps, device=features.device, dtype=features.dtype)[:, None]
    return features @ (1 - (at - step).abs()).clamp(min=0)
