"""CAGrad: near the mean gradient, the step that helps the worst-off task most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from polyhead.balance.balance import Terms
from polyhead.balance.geometry import lengths_and_cosines, shortest, to_dual_cone, unit_vectors
from polyhead.balance.gradient import GradientBalance, Gramian
from polyhead.config.balance import CagradOptions

Array = NDArray[np.float64]

_STATIONARY = 1e-4  # a hull whose shortest point is this share of what it is made of holds 0
_NO_MEAN = 1e-5  # of the longest gradient: only the zero step is left, whose weights are any equal ones
_GROWTH = 2.0  # of log s, while it is sought


class Cagrad(GradientBalance):
    """The step d with |d - m| <= c |m|, m the mean gradient, whose least inner product with a gradient is largest (Liu
    et al., NeurIPS 2021), times K / (1 + c), so that gradients alike give the plain sum.

    With 0 in the hull many d may be best; it is then the one nearest to m, where the published d is 0 / 0.
    """

    def __init__(self, options: CagradOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.c = options.c

    def weigh(self, gramian: Gramian, losses: Array, tasks: NDArray[np.int64]) -> Array:
        lengths, cosines = lengths_and_cosines(gramian)
        lengths = lengths / lengths.max()
        units = unit_vectors(cosines)
        mean = (units * lengths).mean(axis=1)
        length = float(np.linalg.norm(mean))
        if len(tasks) == 1 or self.c == 0 or length < _NO_MEAN:
            return np.ones(len(tasks))
        return (1 + len(tasks) * _added(units, lengths, mean, self.c * length)) / (1 + self.c)


def _added(units: Array, lengths: Array, mean: Array, radius: float) -> Array:
    """u >= 0 with d = m + sum u_i g_i.

    For a fixed sum s of u, d is the shortest such point: s times the point of the hull of the g_i + m / s that is
    shortest; |d - m| grows with s. So s is where it meets the radius. (Lagrange: of max min_i g_i d - |d - m|^2 / 2s,
    the dual is min |m + sum u_i g_i| over this u.)
    """
    columns = units * lengths
    nearest = shortest(columns)
    if np.linalg.norm(columns @ nearest) <= _STATIONARY * (nearest @ lengths):
        added = to_dual_cone(units, mean) / lengths  # where d comes to for s without end
        if np.linalg.norm(columns @ added) <= radius:
            return added

    def beyond(log_sum: float) -> float:
        return float(np.linalg.norm(columns @ _of_sum(np.exp(log_sum), columns, mean))) - radius

    low = high = float(np.log(radius))  # the least that s can be, as the longest gradient is 1
    while beyond(high) < 0:
        low, high = high, high + _GROWTH
    return _of_sum(np.exp(brentq(beyond, low, high, xtol=1e-12) if low < high else high), columns, mean)


def _of_sum(total: float, columns: Array, mean: Array) -> Array:
    return total * shortest(columns + mean[:, None] / total)
