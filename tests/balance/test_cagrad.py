"""CAGrad: hand numbers, no gap to the dual problem, and a grid over the simplex."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polyhead.balance.balance import Sight, Terms
from polyhead.balance.cagrad import Cagrad
from polyhead.config.balance import CagradOptions

TURN = 2 * np.pi / 3


def cagrad(gramian, c):
    tasks = len(gramian)
    terms = Terms(tuple("abcdefgh"[:tasks]), (1.0,) * tasks)
    return Cagrad(CagradOptions(method="cagrad", c=c), terms).weigh(gramian, np.ones(tasks), np.arange(tasks))


def published(gradients, c):
    """The paper's d, undone what makes the weights sum to about K."""
    return (1 + c) / len(gradients) * cagrad(gradients @ gradients.T, c) @ gradients


def test_opposite_gradients_by_hand():
    """m = -1/2; of the d in m (1 -+ c) the one nearest 0 harms the first task least: m (1 - c)."""
    assert published(np.array([[1.0], [-2.0]]), 0.4) == pytest.approx([-0.3])
    assert cagrad(np.array([[1.0, -2.0], [-2.0, 4.0]]), 0.4) == pytest.approx([1, 1 / 1.4])


def test_orthogonal_gradients_by_hand():
    """m = (1/2, 1) and radius 0.6 |m| <= 0.7: up to d = (1, 1) the first task is worse off, so all goes to it as long
    as d1 < 2 d2: d = m + (0.6 |m|, 0), where d1 = 1.1708 < 2."""
    radius = 0.6 * np.sqrt(1.25)
    assert published(np.array([[1.0, 0.0], [0.0, 2.0]]), 0.6) == pytest.approx([0.5 + radius, 1.0])


def test_through_the_module():
    balance = Cagrad(CagradOptions(method="cagrad", c=0.4), Terms(("a", "b"), (1.0, 1.0)))
    gramian = torch.tensor([[1.0, -2.0], [-2.0, 4.0]], dtype=torch.float64)
    weights = balance(Sight(torch.tensor([True, True]), torch.ones(2, dtype=torch.float64), gramian))
    assert weights.tolist() == pytest.approx([1, 1 / 1.4])


def test_without_a_radius_it_is_the_sum():
    gradients = np.random.default_rng(0).standard_normal((4, 3))
    assert cagrad(gradients @ gradients.T, 0.0).tolist() == [1, 1, 1, 1]


def test_where_the_mean_is_zero_no_step_is_left():
    star = np.array([[1.0, 0.0], [np.cos(TURN), np.sin(TURN)], [np.cos(TURN), -np.sin(TURN)]])
    assert cagrad(star @ star.T, 0.5).tolist() == [1, 1, 1]


def test_with_zero_in_the_hull_the_step_is_the_best_one_nearest_the_mean():
    """Any step normal to the first two is best; the mean itself is."""
    gradients = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    assert published(gradients, 0.5) == pytest.approx([0, 1 / 3])
    assert np.abs(cagrad(gradients @ gradients.T, 0.5)).max() < 2


@pytest.mark.parametrize("c", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("seed", range(12))
def test_no_other_step_within_the_radius_helps_the_worst_off_more(seed, c):
    """Strong duality: min_i g_i d of any d within the radius is at most m g_w + c |m| |g_w|, for any w of the simplex;
    here the two meet."""
    rng = np.random.default_rng(seed)
    tasks = int(rng.integers(2, 9))
    gradients = rng.standard_normal((tasks, 12)) * 10 ** rng.uniform(-1, 1, (tasks, 1))
    gradients -= rng.uniform(0, 1) * gradients.mean(axis=0)
    mean = gradients.mean(axis=0)
    radius = c * np.linalg.norm(mean)
    step = published(gradients, c)
    added = (1 + c) * cagrad(gradients @ gradients.T, c) - 1
    least, combined = (gradients @ step).min(), added / added.sum() @ gradients
    assert added.min() >= -1e-9
    assert np.linalg.norm(step - mean) <= radius * (1 + 1e-6)
    bound = mean @ combined + radius * np.linalg.norm(combined)
    assert least == pytest.approx(bound, abs=1e-6 * np.linalg.norm(mean) * np.linalg.norm(gradients, axis=1).max())


@pytest.mark.parametrize("seed", range(4))
def test_as_a_fine_grid_over_the_simplex(seed):
    gradients, c = np.random.default_rng(seed).standard_normal((3, 2)), 0.7
    mean = gradients.mean(axis=0)
    ticks = np.linspace(0, 1, 401)
    grid = np.array([(a, b, 1 - a - b) for a in ticks for b in ticks if a + b <= 1]) @ gradients
    lengths = np.linalg.norm(grid, axis=1)
    best = grid[(grid @ mean + c * np.linalg.norm(mean) * lengths).argmin()]
    expected = mean + c * np.linalg.norm(mean) * best / np.linalg.norm(best)
    assert published(gradients, c) == pytest.approx(expected, abs=0.02)


def test_as_torchjd():
    """Its own solver (cvxpy, clarabel) is exact to 1e-4."""
    for library in ("torchjd", "cvxpy", "clarabel"):
        pytest.importorskip(library)
    from torchjd.aggregation import CAGradWeighting

    for seed in range(5):
        gradients = np.random.default_rng(seed).standard_normal((4, 9))
        theirs = CAGradWeighting(c=0.5, norm_eps=0.0)(torch.from_numpy(gradients @ gradients.T)).numpy()
        assert published(gradients, 0.5) == pytest.approx(theirs @ gradients, abs=1e-3)
