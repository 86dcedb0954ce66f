"""Nash-MTL: the bargaining solution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.balance.geometry import lengths_and_cosines
from polyhead.balance.gradient import GradientBalance, Gramian

Array = NDArray[np.float64]

_RIDGE = 1e-8  # added to the diagonal of the cosines
_NEWTON_STEPS = 100  # 14 were the most on 4000 opposite, dependent and million to one gradients
_FAR = 0.1  # squared Newton decrement; below it Newton steps square the error
_AT_REST = 1e-9  # squared decrement, before the last step


class Nash(GradientBalance):
    """The step whose product of gains is largest among those of one length (Navon et al., ICML 2022): G a = 1 / a, a >
    0. Published length: |step| = sqrt(K), whatever the gradients' lengths.

    Gradients that oppose each other have no such a: it grows beyond bounds as they do. A ridge of 1e-8 on the cosines
    bounds it at 1e4 sqrt(K) over a gradient's length, and lets such a step shrink to nothing.
    """

    def weigh(self, gramian: Gramian, losses: Array, tasks: NDArray[np.int64]) -> Array:
        lengths, cosines = lengths_and_cosines(gramian)
        values, basis = np.linalg.eigh(cosines)  # of float32 products, some may be below 0 by more than the ridge
        matrix = (basis * (np.maximum(values, 0.0) + _RIDGE)) @ basis.T
        return _bargain(matrix) / lengths  # a gradient c times as long: a / c


def _bargain(matrix: Array) -> Array:
    """The positive b with `matrix` b = 1 / b, for a positive definite matrix: the minimum of 1/2 b M b - sum log b by
    Newton steps, held where b stays positive, each followed by the best multiple as long as it is far from rest."""
    found: Array = np.full(len(matrix), np.sqrt(len(matrix) / matrix.sum()))
    for _ in range(_NEWTON_STEPS):
        slope = found * (matrix @ found) - 1  # in units of `found` the Hessian is 1 plus a positive matrix
        step = np.linalg.solve(matrix * found * found[:, None] + np.eye(len(found)), slope)
        decrement = float(slope @ step)
        found = found * (1 - step / max(1.0, step.max() / 0.9))
        if decrement < _AT_REST:
            break
        if decrement > _FAR:
            found *= np.sqrt(len(found) / (found @ matrix @ found))
    return found
