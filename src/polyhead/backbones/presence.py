"""Which steps of a map are real, where windows have absent samples at the front."""

from __future__ import annotations

from torch import Tensor


def every(present: Tensor, stride: int) -> Tensor:
    """Every `stride`-th position of (batch, time), counted back from the last."""
    return present[:, (present.shape[1] - 1) % stride :: stride]


def zero_absent(features: Tensor, steps: Tensor | None) -> Tensor:
    """The map (batch, channel, step) with zeros at absent steps, as the padding of a shorter window would have."""
    return features if steps is None else features * steps.unsqueeze(1)
