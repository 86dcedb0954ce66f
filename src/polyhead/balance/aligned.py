"""Aligned-MTL: gradients made orthogonal and of one length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.balance.geometry import lengths_and_cosines
from polyhead.balance.gradient import GradientBalance, Gramian

_RANK = 1e-12  # eigenvalues of the cosines below this share of the largest are noise


class Aligned(GradientBalance):
    """Sum of the orthogonal vectors nearest to the gradients, as long as the least singular value (Senushkin et al.,
    CVPR 2023, algorithm 1 with equal preferences): weights sqrt(least / G) 1, on the gradients' own span.

    The step suits the aligned gradients, not each given one: a given loss may rise.
    """

    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        lengths, cosines = lengths_and_cosines(gramian)
        values, basis = np.linalg.eigh(cosines)
        span = values > _RANK * values[-1]
        columns = np.sqrt(values[span])[:, None] * basis.T[span] * (lengths / lengths.max())
        # Of the columns, not of the Gramian: its eigenvalues are squares, where a short gradient drowns in rounding.
        _, singular, axes = np.linalg.svd(columns, full_matrices=False)
        weights: NDArray[np.float64] = axes.T @ (singular[-1] / singular * axes.sum(axis=1))
        return weights
