"""IMTL-G: hand numbers, equal projections, torchjd, and what happens where the published sum to 1 breaks down."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from .life import weights_of


def imtl(gramian):
    return weights_of("imtl", gramian).double()


@pytest.mark.parametrize(
    ("gramian", "weights"),
    [
        ([[1, 0], [0, 4]], [4 / 3, 2 / 3]),  # 1 / length
        ([[1, -1], [-1, 4]], [4 / 3, 2 / 3]),  # for two tasks the angle does not matter
        ([[1, -2], [-2, 4]], [4 / 3, 2 / 3]),  # opposite: the zero step
        ([[5]], [1]),
    ],
)
def test_by_hand(gramian, weights):
    assert imtl(gramian).tolist() == pytest.approx(weights, rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_all_projections_are_one(seed):
    gradients = np.random.default_rng(seed).standard_normal((5, 12)) * np.array([[1], [3], [0.2], [1], [5]])
    weights = imtl(gradients @ gradients.T).numpy()
    along = (gradients @ (weights @ gradients)) / np.linalg.norm(gradients, axis=1)
    assert along == pytest.approx([along.mean()] * 5, rel=1e-4)
    assert along.mean() > 0
    assert np.abs(weights).sum() == pytest.approx(5)


@pytest.mark.parametrize("seed", range(8))
def test_as_torchjd(seed):
    oracle = pytest.importorskip("torchjd.aggregation").IMTLGWeighting()
    gradients = np.random.default_rng(seed).standard_normal((4, 9))
    gramian = torch.from_numpy(gradients @ gradients.T)
    ours, theirs = imtl(gramian), oracle(gramian)
    torch.testing.assert_close(ours, theirs * 4 / theirs.abs().sum(), rtol=1e-5, atol=1e-6)
    if (theirs > 0).all():
        torch.testing.assert_close(ours, 4 * theirs, rtol=1e-5, atol=1e-6)


def test_a_negative_sum_does_not_turn_the_step_round():
    """Solved for unit gradients, the weight of the shortest is below 0; divided by the sum the step would ascend."""
    units = np.linalg.cholesky(np.array([[1, 0.8, 0.8], [0.8, 1, 0.3], [0.8, 0.3, 1]]))
    solved = np.linalg.solve(units @ units.T, np.ones(3))
    gradients = units * [[0.1], [1], [1]]
    assert (solved / np.linalg.norm(gradients, axis=1)).sum() < 0
    assert (gradients @ (imtl(gradients @ gradients.T).numpy() @ gradients)).min() > 0
