"""Aligned-MTL: hand numbers, torchjd, and gradients that come out orthogonal and of one length."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from .life import weights_of


def aligned(gramian):
    return weights_of("aligned", gramian).double()


@pytest.mark.parametrize(
    ("gramian", "weights"),
    [
        ([[1, 0], [0, 4]], [1, 0.5]),
        ([[2, 1], [1, 2]], [1 / np.sqrt(3), 1 / np.sqrt(3)]),  # (1, 1) has eigenvalue 3, the least is 1
        ([[2, -1], [-1, 2]], [1, 1]),  # (1, 1) has the least
        ([[1, 1], [1, 1]], [1, 1]),  # one direction only
        ([[1, 2], [2, 4]], [0.6, 1.2]),  # along (1, 2) / sqrt(5): (1 + 2) / 5 of it
        ([[9]], [1]),
    ],
)
def test_by_hand(gramian, weights):
    assert aligned(gramian).tolist() == pytest.approx(weights, rel=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e6])
@pytest.mark.parametrize("shape", [(2, 5), (4, 9), (8, 30), (5, 3)])
def test_the_step_is_the_sum_of_the_polar_factor(shape, scale):
    """Of J = P S the orthogonal factor P, of scipy, in lengths of the least singular value."""
    gradients = np.random.default_rng(0).standard_normal(shape)
    gradients[0] *= scale
    left, singular, right = np.linalg.svd(gradients, full_matrices=False)
    expected = singular.min() * (left @ right).sum(axis=0)
    step = aligned(gradients @ gradients.T).numpy() @ gradients
    assert step == pytest.approx(expected, rel=1e-3, abs=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("seed", range(4))
def test_as_torchjd(seed):
    oracle = pytest.importorskip("torchjd.aggregation").AlignedMTLWeighting()
    gradients = np.random.default_rng(seed).standard_normal((4, 9))
    gramian = torch.from_numpy(gradients @ gradients.T)
    torch.testing.assert_close(aligned(gramian), 4 * oracle(gramian), rtol=1e-5, atol=1e-6)
