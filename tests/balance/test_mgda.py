"""MGDA: hand numbers, and torchjd's Frank-Wolfe steps towards the same point."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from .life import weights_of


def mgda(gramian):
    return weights_of("mgda", gramian)


@pytest.mark.parametrize(
    ("gramian", "weights"),
    [
        ([[1, 0], [0, 4]], [1.6, 0.4]),  # w1 : w2 = 1 / |g1|^2 : 1 / |g2|^2
        ([[1, -1], [-1, 4]], [10 / 7, 4 / 7]),  # w1 = (|g2|^2 - g1 g2) / |g1 - g2|^2 = 5 / 7
        ([[1, 2], [2, 9]], [2, 0]),  # the other one is longer along the first than it
        ([[1, -1], [-1, 1]], [1, 1]),
        ([[7]], [1]),
    ],
)
def test_by_hand(gramian, weights):
    assert mgda(gramian).tolist() == pytest.approx(weights, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_as_torchjd(seed):
    """Theirs comes near it only: error about 1 / steps."""
    oracle = pytest.importorskip("torchjd.aggregation").MGDAWeighting(epsilon=1e-9, max_iters=3000)
    gradients = np.random.default_rng(seed).standard_normal((4, 9)) * [[1], [0.7], [2], [1]]
    gramian = gradients @ gradients.T
    ours, theirs = mgda(gramian).numpy(), 4 * oracle(torch.from_numpy(gramian)).numpy()
    assert ours == pytest.approx(theirs, abs=0.02)
    assert np.linalg.norm(ours @ gradients) <= np.linalg.norm(theirs @ gradients) + 1e-6
