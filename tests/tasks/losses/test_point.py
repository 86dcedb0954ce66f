"""Losses of one number against hand numbers, and best constants against an optimiser on losses written out here."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from polyhead.tasks.losses.point import PointLoss, RelativeLoss, relative
from polyhead.tasks.numbers import Numbers
from polyhead.tasks.scale import TargetScale


def smooth(r, beta):
    return np.where(np.abs(r) < beta, r**2 / (2 * beta), np.abs(r) - beta / 2)


PLAIN = {
    "smooth_l1": smooth,
    "huber": lambda r, beta: beta * smooth(r, beta),
    "l1": lambda r, beta: np.abs(r),
    "mse": lambda r, beta: r**2,
    "log_cosh": lambda r, beta: beta * (np.logaddexp(r / beta, -r / beta) - np.log(2)),
}
RELATIVE = {
    "relative_l1": lambda r, t, beta: np.abs(r) / t,
    "relative_smooth_l1": lambda r, t, beta: smooth(r, beta) / t,
    "relative_mse": lambda r, t, beta: r**2 / t**2,
}
ONE = TargetScale(np.zeros(1), np.ones(1))
numbers = st.floats(-100, 100).map(lambda x: round(x, 3))


@pytest.mark.parametrize(
    ("name", "inside", "outside"),  # residuals 1 and -3 with beta 2
    [
        ("smooth_l1", 1 / 4, 2.0),
        ("huber", 1 / 2, 4.0),
        ("l1", 1.0, 3.0),
        ("mse", 1.0, 9.0),
        ("log_cosh", 2 * math.log(math.cosh(0.5)), 2 * math.log(math.cosh(1.5))),
    ],
)
def test_losses_by_hand(name, inside, outside):
    losses = PointLoss(name, 2.0)(torch.tensor([[5.0], [1.0]]), torch.tensor([4.0, 4.0]))
    assert losses.tolist() == pytest.approx([inside, outside])


@pytest.mark.parametrize(
    ("name", "expected"),  # target 50 and output 40; target -4 and output 1; target .001 counts as .02, output .031
    [
        ("relative_l1", [10 / 50, 5 / 4, 0.03 / 0.02]),
        ("relative_mse", [100 / 2500, 25 / 16, 0.0009 / 0.0004]),
        ("relative_smooth_l1", [(10 - 1) / 50, (5 - 1) / 4, 0.0009 / 4 / 0.02]),  # beta 2
    ],
)
@pytest.mark.parametrize("scale", [ONE, TargetScale(np.array([7.0]), np.array([3.0]))])
def test_relative_losses_by_hand_in_target_units_whatever_the_scaling(name, expected, scale):
    loss = RelativeLoss(name, scale, least=np.array([0.02]), beta=np.array([2.0]))
    truth, output = np.array([[50.0], [-4.0], [0.001]]), np.array([[40.0], [1.0], [0.031]])
    losses = loss(torch.from_numpy(scale.scaled(output))[:, None], torch.from_numpy(scale.scaled(truth)))
    assert losses[:, 0].tolist() == pytest.approx(expected)


def test_a_relative_loss_of_a_logarithm_is_that_of_the_number_itself():
    scale = TargetScale(np.array([0.3]), np.array([2.0]), log=True)
    loss = RelativeLoss("relative_l1", scale, least=np.array([0.0]), beta=np.array([1.0]))
    truth, output = (torch.from_numpy(scale.scaled(np.array([[one]]))) for one in (50.0, 40.0))
    assert loss(output[:, None], truth).item() == pytest.approx(0.2)


def test_a_target_counts_at_least_a_thousandth_of_the_median():
    loss = relative("relative_l1", ONE, np.array([[0.0], [-3.0], [8.0]]), None)
    assert loss.least.tolist() == [3e-3]
    assert loss.beta == pytest.approx([np.std([0, -3, 8])])
    zeros = relative("relative_l1", ONE, np.array([[0.0], [0.0], [0.0], [8.0]]), 5.0)
    assert (zeros.least.tolist(), zeros.beta.tolist()) == ([2e-3], [5.0])


@pytest.mark.parametrize("loss", [PointLoss("mse", 1.0), RelativeLoss("relative_l1", ONE, np.ones(1), np.ones(1))])
def test_shapes_that_would_only_fit_by_broadcasting_are_refused(loss):
    with pytest.raises(ValueError, match=r"\(4, 1\) and targets \(4,\) differ"):
        loss(torch.zeros(4, 1, 1), torch.zeros(4))


def best(mean_loss, values):
    low, high = min(values), max(values)
    found = minimize_scalar(mean_loss, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return min(found.fun, *map(mean_loss, [*np.linspace(low, high, 17), *values]))


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=40, deadline=None)
@given(
    targets=st.lists(numbers, min_size=2, max_size=15), beta=st.floats(0.01, 150), seed=st.none() | st.integers(0, 99)
)
def test_no_constant_beats_the_best_constant(name, targets, beta, seed):
    truth = np.array(targets)
    weights = None if seed is None else np.random.default_rng(seed).uniform(0.1, 3, len(truth))
    each = np.ones(len(truth)) if weights is None else weights

    def mean_loss(constant):
        return float((each * PLAIN[name](truth - constant, beta)).mean())

    found = Numbers(ONE, PointLoss(name, beta)).constant(truth[:, None], weights)
    assert mean_loss(found.output[0]) == pytest.approx(found.loss, rel=1e-9, abs=1e-12)
    assert found.loss == pytest.approx(best(mean_loss, targets), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", RELATIVE)
@pytest.mark.parametrize("log", [False, True])
@settings(max_examples=40, deadline=None)
@given(
    targets=st.lists(st.floats(0.01, 100), min_size=2, max_size=12),
    beta=st.floats(0.1, 50),
    seed=st.none() | st.integers(0, 99),
)
def test_no_constant_beats_the_best_relative_constant(name, log, targets, beta, seed):
    truth = np.array(targets)
    each = np.ones(len(truth)) if seed is None else np.random.default_rng(seed).uniform(0.1, 3, len(truth))
    size = np.maximum(truth, 1e-3 * np.median(truth))

    def mean_loss(constant):
        return float((each * RELATIVE[name](truth - constant, size, beta)).mean())

    scale = TargetScale(np.array([1.0]), np.array([2.0]), log)
    scaled = scale.scaled(truth[:, None])
    loss = relative(name, scale, scaled, beta)
    found = Numbers(scale, loss).constant(scaled, None if seed is None else each)
    constant = scale.physical(np.array(found.output))[0]
    assert mean_loss(constant) == pytest.approx(found.loss, rel=1e-7, abs=1e-12)
    assert found.loss == pytest.approx(best(mean_loss, targets), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", PLAIN)
def test_each_output_has_its_own_constant_and_the_floor_is_their_mean(name):
    truth = np.random.default_rng(0).normal(size=(31, 2)) * [1, 9] + [5, -40]
    both = TargetScale(np.zeros(2), np.ones(2))
    loss = PointLoss(name, 0.8)
    found, alone = (
        Numbers(both, loss).constant(truth, None),
        [Numbers(ONE, loss).constant(truth[:, [i]], None) for i in (0, 1)],
    )
    assert found.output == pytest.approx([one.output[0] for one in alone])
    assert found.loss == pytest.approx(np.mean([one.loss for one in alone]))


def test_huber_is_beta_times_smooth_l1_and_so_are_their_floors():
    truth = np.random.default_rng(1).normal(size=(20, 1))
    smooth_floor, huber_floor = (
        Numbers(ONE, PointLoss(name, 0.3)).constant(truth, None).loss for name in ("smooth_l1", "huber")
    )
    assert huber_floor == pytest.approx(0.3 * smooth_floor)
    assert smooth_floor > 2 * huber_floor
