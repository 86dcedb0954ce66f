"""UPGrad: hand numbers, the example that torchjd documents, and all sets of active constraints tried one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from .life import weights_of


def upgrad(gramian):
    return weights_of("upgrad", gramian)


def by_trying(gradients):
    """Sum over tasks of argmin |v g|, v >= e_i: of every choice of entries held at e_i, the best that is allowed."""
    gramian, total = gradients @ gradients.T, 0
    for task in range(len(gradients)):
        start, found = np.eye(len(gradients))[task], []
        for free in itertools.product([False, True], repeat=len(gradients)):
            free = np.array(free)
            point = start.copy()
            if free.any():
                point[free] += np.linalg.solve(gramian[np.ix_(free, free)], -(gramian @ start)[free])
            if (point >= start - 1e-12).all():
                found.append((point @ gramian @ point, tuple(point)))
        total += np.array(min(found)[1])
    return total


@pytest.mark.parametrize(
    ("gramian", "weights"),
    [
        ([[1, -1], [-1, 4]], [2, 1.25]),  # g1 + (1/4) g2 and g2 + g1
        ([[1, 0.5], [0.5, 1]], [1, 1]),  # no conflict
        ([[4, -4], [-4, 4]], [2, 2]),  # opposite: each is taken to 0
        ([[3]], [1]),
    ],
)
def test_by_hand(gramian, weights):
    assert upgrad(gramian).tolist() == pytest.approx(weights, rel=1e-6)


def test_the_example_of_torchjds_page():
    """It prints weights 1.1109 and 0.7894, with a ridge of 1e-4 on the Gramian, for the mean."""
    gradients = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
    weights = upgrad(gradients @ gradients.T).numpy()
    assert weights / 2 == pytest.approx([1.1109, 0.7894], abs=2e-3)
    assert weights @ gradients / 2 == pytest.approx([0.2929, 1.9004, 1.9004], abs=2e-3)


@pytest.mark.parametrize("tasks", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(5))
def test_as_trying_every_set_of_constraints(tasks, seed):
    gradients = np.random.default_rng(seed).standard_normal((tasks, tasks + 2))
    gradients -= 0.9 * gradients.mean(axis=0)
    assert upgrad(gradients @ gradients.T).numpy() == pytest.approx(by_trying(gradients), rel=1e-5)


def test_as_torchjd():
    for library in ("torchjd", "qpsolvers", "quadprog"):
        pytest.importorskip(library)
    from torchjd.aggregation import UPGradWeighting
    from torchjd.linalg import QuadprogProjector

    oracle = UPGradWeighting(projector=QuadprogProjector(norm_eps=0.0, reg_eps=1e-12))
    for seed in range(5):
        gradients = np.random.default_rng(seed).standard_normal((5, 9))
        gramian = torch.from_numpy(gradients @ gradients.T)
        torch.testing.assert_close(upgrad(gramian).double(), 5 * oracle(gramian), rtol=1e-5, atol=1e-6)
