"""IMTL-G: the step that has the same projection on every gradient's direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.balance.geometry import lengths_and_cosines
from polyhead.balance.gradient import GradientBalance, Gramian

_SINGULAR = 1e-12  # eigenvalues of the cosines below this share of the largest are noise


class Imtl(GradientBalance):
    """The step with equal projections on all unit gradients (Liu et al., ICLR 2021, IMTL-G), in closed form: w = y / n
    with C y = 1 for lengths n and cosines C.

    The published weights sum to 1. From three tasks on some may be negative, their sum then vanishes or turns the step
    round; here the sum of their absolute values is K, which is the same as long as none is. Where no step has equal
    projections (dependent gradients) it is the least-squares one; where only the zero step has, w is 1 / n.
    """

    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        lengths, cosines = lengths_and_cosines(gramian)
        multiples = np.linalg.pinv(cosines, rcond=_SINGULAR, hermitian=True).sum(axis=1)
        if np.abs(multiples).sum() < _SINGULAR:  # unit gradients that add up to nothing
            multiples = np.ones(len(tasks))
        weights: NDArray[np.float64] = multiples * (lengths.min() / lengths)
        weights *= len(tasks) / np.abs(weights).sum()
        return weights
