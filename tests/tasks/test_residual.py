"""Losses of a residual against hand numbers, and best constants against an optimiser on torch's own loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from torch.nn import functional as F

from polyhead.tasks.residual import ResidualLoss

NAMES = ("smooth_l1", "huber", "l1", "mse")
TORCH = {
    "smooth_l1": lambda x, t, beta: F.smooth_l1_loss(x, t, beta=beta),
    "huber": lambda x, t, beta: F.huber_loss(x, t, delta=beta),
    "l1": lambda x, t, beta: F.l1_loss(x, t),
    "mse": lambda x, t, beta: F.mse_loss(x, t),
}


@pytest.mark.parametrize(
    ("name", "inside", "outside"),  # residuals 1 and -3 with beta 2
    [("smooth_l1", 1 / 4, 2.0), ("huber", 1 / 2, 4.0), ("l1", 1.0, 3.0), ("mse", 1.0, 9.0)],
)
def test_losses_by_hand(name, inside, outside):
    losses = ResidualLoss(name, 2.0)(torch.tensor([5.0, 1.0]), torch.tensor([4.0, 4.0]))
    assert losses.tolist() == [inside, outside]


@pytest.mark.parametrize("name", NAMES)
def test_shapes_that_would_only_fit_by_broadcasting_are_refused(name):
    with pytest.raises(ValueError, match=r"\(4, 1\) and targets \(4,\) differ"):
        ResidualLoss(name, 1.0)(torch.zeros(4, 1), torch.zeros(4))


numbers = st.floats(-100, 100).map(lambda x: round(x, 3))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(targets=st.lists(numbers, min_size=2, max_size=15), beta=st.floats(0.01, 150))
def test_no_constant_beats_the_best_constant(name, targets, beta):
    truth = torch.tensor(targets, dtype=torch.float64)

    def mean_loss(constant):
        return TORCH[name](torch.full_like(truth, float(constant)), truth, beta).item()

    constant, floor = ResidualLoss(name, beta).best_constant(truth.numpy()[:, None])
    low, high = min(targets), max(targets)
    found = minimize_scalar(mean_loss, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    assert mean_loss(constant[0]) == pytest.approx(floor, rel=1e-9, abs=1e-12)
    assert floor == pytest.approx(found.fun, rel=1e-6, abs=1e-9)
    assert floor <= min(map(mean_loss, np.linspace(low, high, 17))) * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_each_output_has_its_own_constant_and_the_floor_is_their_mean(name):
    truth = np.random.default_rng(0).normal(size=(31, 2)) * [1, 9] + [5, -40]
    loss = ResidualLoss(name, 0.8)
    (both, floor), alone = loss.best_constant(truth), [loss.best_constant(truth[:, [i]]) for i in (0, 1)]
    assert both == pytest.approx([constant[0] for constant, _ in alone])
    assert floor == pytest.approx(np.mean([each for _, each in alone]))


def test_huber_is_beta_times_smooth_l1_and_so_are_their_floors():
    truth = np.random.default_rng(1).normal(size=(20, 1))
    smooth, huber = ResidualLoss("smooth_l1", 0.3), ResidualLoss("huber", 0.3)
    assert huber.best_constant(truth)[1] == pytest.approx(0.3 * smooth.best_constant(truth)[1])
    assert smooth.best_constant(truth)[1] > 2 * huber.best_constant(truth)[1]
