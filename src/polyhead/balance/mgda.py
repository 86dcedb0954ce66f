"""MGDA: the shortest vector in the gradients' convex hull."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.balance.geometry import lengths_and_cosines, shortest, unit_vectors
from polyhead.balance.gradient import GradientBalance, Gramian


class Mgda(GradientBalance):
    """K times the shortest convex combination of the gradients (Desideri, C. R. Math. 2012; Sener and Koltun, NeurIPS
    2018), exact rather than by Frank-Wolfe steps. No gradient points against it; the shortest one rules it."""

    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        lengths, cosines = lengths_and_cosines(gramian)
        return len(tasks) * shortest(unit_vectors(cosines) * (lengths / lengths.max()))
