"""Nash-MTL: hand numbers, the law G a = 1 / a, and torchjd's FairGrad at alpha = 1, which is the same problem."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polyhead.training.jacobian import inner_products

from .life import weights_of


def nash(gramian):
    return weights_of("nash", gramian).double()


@pytest.mark.parametrize(
    ("gramian", "weights"),
    [
        ([[1, 0], [0, 4]], [1, 0.5]),  # 1 / length
        ([[1, -0.5], [-0.5, 1]], [np.sqrt(2), np.sqrt(2)]),  # a (1 - 0.5) = 1 / a
        ([[1, 0.5], [0.5, 1]], [np.sqrt(2 / 3), np.sqrt(2 / 3)]),
        ([[4, -1], [-1, 1]], [np.sqrt(2) / 2, np.sqrt(2)]),  # as the second row, the first gradient twice as long
        ([[9]], [1 / 3]),
    ],
)
def test_by_hand(gramian, weights):
    assert nash(gramian).tolist() == pytest.approx(weights, rel=1e-6)


@pytest.mark.parametrize("lean", [0.0, 0.95])
@pytest.mark.parametrize("tasks", [2, 4, 8, 16])
def test_the_bargain(tasks, lean):
    gradients = (
        np.random.default_rng(tasks).standard_normal((tasks, 3 * tasks)) * 10.0 ** np.linspace(-3, 3, tasks)[:, None]
    )
    gradients -= lean * np.linalg.norm(gradients, axis=1, keepdims=True) * np.eye(3 * tasks)[0]
    weights = nash(gradients @ gradients.T).numpy()
    assert weights.min() > 0
    assert weights * (gradients @ (gradients.T @ weights)) == pytest.approx([1] * tasks, rel=1e-4)
    assert np.linalg.norm(weights @ gradients) == pytest.approx(np.sqrt(tasks), rel=1e-4)


@pytest.mark.parametrize("length", [1.0, 1e6])
def test_opposite_gradients_leave_no_step_and_bounded_weights(length):
    gradients = np.array([[1.0], [-length]])
    weights = nash(gradients @ gradients.T).numpy()
    assert weights == pytest.approx([1e4, 1e4 / length], rel=1e-3)
    assert abs(weights @ gradients) < 1e-2


@pytest.mark.parametrize("seed", range(5))
def test_as_torchjd(seed):
    oracle = pytest.importorskip("torchjd.aggregation").FairGradWeighting(alpha=1.0)
    gradients = np.random.default_rng(seed).standard_normal((4, 20))
    gramian = torch.from_numpy(gradients @ gradients.T)
    torch.testing.assert_close(nash(gramian), oracle(gramian), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["line", "star", "plane"])
@pytest.mark.parametrize("length", [5_000, 50_000])
def test_products_of_float32_gradients_that_depend_on_each_other(kind, length):
    """Rounding leaves such Gramians with eigenvalues well below 0."""
    rng = np.random.default_rng(length)
    for _ in range(20):
        basis = rng.standard_normal((2, length))
        if kind == "line":
            rows = np.stack([basis[0], -basis[0], 0.5 * basis[0]])
        elif kind == "star":
            rows = np.stack([basis[0], basis[1], -basis[0] - basis[1]])
        else:
            rows = rng.standard_normal((8, 2)) @ basis
        gramian = inner_products([torch.from_numpy(row.astype(np.float32)) for row in rows])
        weights = nash(gramian)
        assert weights.isfinite().all()
        assert (weights > 0).all()
