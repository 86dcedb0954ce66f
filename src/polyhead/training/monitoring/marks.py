"""Marks of windows: equal windows have equal ones, so that validation on what was trained on is found."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.errors import InputError


def marks_of(inputs: Tensor) -> NDArray[np.int64]:
    """A mark of each window (window,) of `inputs` (window, ...): a sum of its bits, each value's with a factor of its
    own, modulo 2^64. Exact, so that neither batch nor device matter. Raises InputError for what is no tensor."""
    if not isinstance(inputs, Tensor) or inputs.ndim < 1:
        raise InputError(f"expected a tensor (window, ...), found {type(inputs).__name__}", where="inputs")
    values = inputs.detach().float().reshape(len(inputs), -1).contiguous()
    bits = values.view(torch.int32).long()
    marks: NDArray[np.int64] = (bits * _factors(bits.shape[1]).to(bits.device)).sum(dim=1).cpu().numpy()
    return marks


@cache
def _factors(count: int) -> Tensor:
    """Odd numbers of 64 bits, always the same, drawn without torch's random numbers."""
    draw = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, count, dtype=np.int64)
    return torch.from_numpy(draw | 1)
