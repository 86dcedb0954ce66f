"""Learned log-variances: four forms against hand numbers, and where each comes to rest."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from polyhead.balance.kendall import Kendall

FORMS = ("half", "log_var", "published_003", "clamped_004")


def at(form: str, value: float) -> Kendall:
    balance = Kendall(1, form)
    with torch.no_grad():
        balance.parameter.fill_(value)
    return balance


def objective(balance: Kendall, loss: float) -> Tensor:
    weighting = balance(torch.tensor([True]))
    return (weighting.weights * loss + weighting.penalties).sum()


LN4 = math.log(4)  # v where s = 2


@pytest.mark.parametrize(
    ("form", "value", "weight", "penalty", "slope"),  # slope of the objective in the parameter at a loss of 3
    [
        ("half", 2.0, 1 / 8, math.log(2), -3 / 8 + 1 / 2),
        ("half", -2.0, 1 / 8, math.log(2), 3 / 8 - 1 / 2),
        ("log_var", LN4, 1 / 8, math.log(2), -3 / 8 + 1 / 2),
        ("published_003", LN4, 1 / 8, LN4, -3 / 8 + 1),
        ("clamped_004", LN4, 1 / 8, math.log(2), -3 / 8 + 1 / 2),
        ("clamped_004", 5.0, 0.5 * math.exp(-2), 1.0, -1.5 * math.exp(-2) + 0.5),  # as at 2
        ("clamped_004", -5.0, 0.5 * math.exp(2), -1.0, -1.5 * math.exp(2) + 0.5),
        ("half", 1.0, 1 / 2, 0.0, -2.0),
        ("log_var", 0.0, 1 / 2, 0.0, -1.0),
    ],
)
def test_weight_penalty_and_slope_by_hand(form, value, weight, penalty, slope):
    balance = at(form, value)
    weighting = balance(torch.tensor([True]))
    assert weighting.weights.item() == pytest.approx(weight)
    assert weighting.penalties.item() == pytest.approx(penalty)
    objective(balance, 3.0).backward()
    assert balance.parameter.grad.item() == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("loss", [0.2, 1.0, 6.0])
@pytest.mark.parametrize(
    ("form", "variance"),
    [("half", 1.0), ("log_var", 1.0), ("published_003", 0.5), ("clamped_004", 1.0)],  # in units of the loss
)
def test_the_variance_comes_to_rest_at_the_loss(form, variance, loss):
    """published_003 counts v whole, so that it rests at half of it."""
    balance = at(form, 1.0 if form == "half" else 0.0)
    descent = torch.optim.SGD(balance.parameters(), lr=0.05)
    for _ in range(1500):
        descent.zero_grad()
        objective(balance, loss).backward()
        descent.step()
    assert balance.sigma().item() ** 2 == pytest.approx(variance * loss, rel=1e-3)


def test_a_clamped_variance_comes_back_once_the_loss_does():
    balance = at("clamped_004", 0.0)
    descent = torch.optim.SGD(balance.parameters(), lr=0.2)
    for loss in [100.0] * 60 + [0.5] * 400:
        objective(balance, loss).backward()
        descent.step()
        descent.zero_grad()
        assert math.exp(-1) - 1e-6 <= balance.sigma().item() <= math.e + 1e-6
    assert balance.sigma().item() ** 2 == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("form", FORMS)
def test_sigma_starts_at_one(form):
    assert Kendall(3, form).sigma().tolist() == [1, 1, 1]


def test_half_and_log_var_are_one_function_in_two_coordinates():
    for sigma in (0.3, 1.0, 4.0):
        half, log_var = at("half", sigma), at("log_var", 2 * math.log(sigma))
        assert objective(half, 2.7).item() == pytest.approx(objective(log_var, 2.7).item(), rel=1e-5)
        assert half.sigma().item() == pytest.approx(log_var.sigma().item(), rel=1e-6)


@pytest.mark.parametrize(("value", "sigma"), [(9.0, math.e), (-9.0, 1 / math.e), (1.0, math.exp(0.5))])
def test_sigma_of_the_clamped_form_is_that_of_the_clamped_parameter(value, sigma):
    assert at("clamped_004", value).sigma().item() == pytest.approx(sigma)
