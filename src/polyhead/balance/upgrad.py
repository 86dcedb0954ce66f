"""UPGrad: the gradients' projections on their dual cone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.balance.geometry import lengths_and_cosines, to_dual_cone, unit_vectors
from polyhead.balance.gradient import GradientBalance, Gramian


class Upgrad(GradientBalance):
    """Sum of each gradient's projection on the cone of the steps that no gradient points against (Quinton and Rey,
    arXiv 2406.16232, equation 4, times K), exact. To first order no loss rises."""

    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        lengths, cosines = lengths_and_cosines(gramian)
        units, rows = unit_vectors(cosines), np.eye(len(tasks))
        for task in np.flatnonzero((cosines < 0).any(axis=0)):
            rows[task] += to_dual_cone(units, units[:, task])
        weights: NDArray[np.float64] = (rows * (lengths[:, None] / lengths)).sum(axis=0)
        return weights
