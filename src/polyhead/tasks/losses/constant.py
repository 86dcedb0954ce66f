"""The constant that minimises a mean loss, in float64: per column over the first axis, or over several logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Numbers = NDArray[np.float64]
OfLogits = Callable[[Numbers], Numbers]
"""Losses (n,) of logits (n,)."""

_HALVINGS = 80  # of the interval between least and largest target; float64 has 53 bits
_ROUNDING = 1e-12  # sums of weights that differ by less are equal
_LOGITS = np.linspace(-20, 20, 401)  # a first look, before the least of them is refined


def mean(values: Numbers, weights: Numbers | None) -> Numbers:
    """Weighted mean over the first axis: least for squares. `weights` broadcast against `values`."""
    if weights is None:
        return np.asarray(values.mean(axis=0))
    weights = np.broadcast_to(weights, values.shape)
    return np.asarray((weights * values).sum(axis=0) / weights.sum(axis=0))


def quantile(values: Numbers, level: float, weights: Numbers | None) -> Numbers:
    """Weighted quantile over the first axis: least for the pinball loss, at one half for absolute values.

    Where a whole interval is least, as between the middle two of an even number, its middle.
    """
    order = np.argsort(values, axis=0, kind="stable")
    ranked = np.take_along_axis(values, order, axis=0)
    each = np.ones(values.shape) if weights is None else np.broadcast_to(weights, values.shape)
    below = np.cumsum(np.take_along_axis(each, order, axis=0), axis=0)
    wanted = level * below[-1]
    first = np.argmax(below >= wanted * (1 - _ROUNDING), axis=0)[None]
    last = np.argmax(below > wanted * (1 + _ROUNDING), axis=0)[None]
    low, high = (np.take_along_axis(ranked, one, axis=0)[0] for one in (first, last))
    return np.asarray((low + high) / 2)


def root(values: Numbers, slope: Callable[[Numbers], Numbers], weights: Numbers | None) -> Numbers:
    """Where the weighted mean of `slope(values - constant)` over the first axis changes sign.

    That is least for a convex loss of the residual with this slope, up to a factor.
    """
    low, high = values.min(axis=0), values.max(axis=0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = mean(slope(values - middle), weights) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.asarray((low + high) / 2)


def least_logit(loss: OfLogits) -> float:
    """The logit of least `loss` between -20 and 20."""
    from scipy.optimize import minimize_scalar

    near = int(np.argmin(loss(_LOGITS)))
    ends = _LOGITS[max(near - 1, 0)], _LOGITS[min(near + 1, len(_LOGITS) - 1)]
    fine = {"xatol": 1e-10}
    found = minimize_scalar(lambda x: float(loss(np.array([x]))[0]), bounds=ends, method="bounded", options=fine)
    return float(found.x)


def least_logits(loss: Callable[[Tensor], Tensor], starts: Sequence[Numbers]) -> Numbers:
    """The logits (class,) of least `loss` that BFGS finds from any of `starts`; the loss need not be convex."""
    from scipy.optimize import minimize

    def value_and_slope(logits: Numbers) -> tuple[float, Numbers]:
        point = torch.from_numpy(logits).requires_grad_()
        value = loss(point)
        (slope,) = torch.autograd.grad(value, point)
        return value.item(), slope.numpy()

    with torch.enable_grad():
        found = [minimize(value_and_slope, start, jac=True, method="BFGS", options={"gtol": 1e-8}) for start in starts]
    best: Numbers = min(found, key=lambda one: float(one.fun)).x
    return best
