"""Learned log-variances: four forms against hand numbers, where each starts and where it comes to rest."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from polyhead.balance import Sight
from polyhead.balance.kendall import Kendall

from .life import build

FORMS = ("half", "log_var", "published_003", "clamped_004")
ONE = torch.tensor([True])
LN4 = math.log(4)  # v where s = 2


def at(form: str, value: float) -> Kendall:
    """One task whose s would start at 1, now with this parameter."""
    balance = build({"method": "kendall", "form": form, "start": 1.0}, [5.0])
    with torch.no_grad():
        balance.learned[0].fill_(value)
    return balance


def slopes(balance: Kendall) -> Tensor:
    return torch.stack([one.grad for one in balance.learned])


def three(**options) -> Kendall:
    return build({"method": "kendall", **options}, [0.25, 1.0, 4.0])


def objective(balance: Kendall, loss: float) -> float:
    return (balance(Sight(ONE)) * loss + balance.penalty(ONE)).item()


def descend(balance: Kendall, losses: list[float], rate: float) -> list[float]:
    """s^2 after each step of gradient descent on the log-variance."""
    descent, found = torch.optim.SGD(balance.parameters(), lr=rate), []
    for loss in losses:
        balance.learn(torch.tensor([loss]).double(), ONE)
        descent.step()
        found.append(balance.sigma().item() ** 2)
    return found


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
    with torch.no_grad():  # as where training keeps no graph
        balance = at(form, value)
        assert balance(Sight(ONE)).item() == pytest.approx(weight)
        assert balance.penalty(ONE).item() == pytest.approx(penalty)
        balance.learn(torch.tensor([3.0]).double(), ONE)
    assert balance.learned[0].grad.item() == pytest.approx(slope, abs=1e-6)


def test_log_var_is_that_of_torchjd():
    from torchjd.scalarization import UW

    losses, oracle = torch.tensor([0.3, 2.0, 7.0]), UW(3)
    balance = three(start={"a": 0.5, "b": 1.5, "c": 3.0})
    oracle.log_var.data.copy_(torch.tensor([0.25, 2.25, 9.0]).log())
    asked, present = losses.clone().requires_grad_(), torch.tensor([True] * 3)
    total = oracle(asked)
    total.backward()
    balance.learn(losses.double(), present)
    weights = balance(Sight(present))
    torch.testing.assert_close(weights, asked.grad)
    torch.testing.assert_close((weights * losses + balance.penalty(present)).sum(), total.detach())
    torch.testing.assert_close(slopes(balance), oracle.log_var.grad)


@pytest.mark.parametrize("loss", [0.2, 1.0, 6.0])
@pytest.mark.parametrize(
    ("form", "variance"),
    [("half", 1.0), ("log_var", 1.0), ("published_003", 0.5), ("clamped_004", 1.0)],  # in units of the loss
)
def test_the_variance_comes_to_rest_at_the_loss(form, variance, loss):
    """published_003 counts v whole, so that it rests at half of it."""
    found = descend(at(form, 1.0 if form == "half" else 0.0), [loss] * 1500, rate=0.05)
    assert found[-1] == pytest.approx(variance * loss, rel=1e-3)


def test_a_clamped_variance_comes_back_once_the_loss_does():
    found = descend(at("clamped_004", 0.0), [100.0] * 60 + [0.5] * 400, rate=0.2)
    assert all(math.exp(-2) - 1e-6 <= variance <= math.exp(2) + 1e-5 for variance in found)
    assert found[59] == pytest.approx(math.exp(2))
    assert found[-1] == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("start", "sigma"),
    [
        ("loss", [0.5, 1, 2]),  # floor losses 0.25, 1 and 4
        (1.5, [1.5, 1.5, 1.5]),
        (2, [2, 2, 2]),
        ({"c": 0.5, "a": 0.7}, [0.7, 1, 0.5]),  # b is not named
    ],
)
def test_sigma_starts_at_the_floor_loss_or_where_it_is_told(form, start, sigma):
    balance = three(form=form, start=start)
    assert balance.sigma().tolist() == pytest.approx(sigma)
    expected = [1 / (2 * s * s) for s in sigma]
    assert balance(Sight(torch.tensor([True] * 3))).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("form", ["half", "log_var", "published_003"])
def test_the_unit_of_the_loss_changes_only_the_unit_of_sigma(form):
    """Also for Adam, whose steps have a length of their own: in units of a loss of 1e-4, s would be 0.01."""
    found = {}
    for unit in (1e-4, 1.0, 1e4):
        balance = build({"method": "kendall", "form": form}, [unit])
        adam = torch.optim.Adam(balance.parameters(), lr=0.01)
        for _ in range(100):
            balance.learn(torch.tensor([0.3 * unit]).double(), ONE)
            adam.step()
        found[unit] = [balance.sigma().item() ** 2 / unit, balance(Sight(ONE)).item() * unit]
    assert found[1e-4] == pytest.approx(found[1.0], rel=1e-3)
    assert found[1e4] == pytest.approx(found[1.0], rel=1e-3)
    assert 0.1 < found[1.0][0] < 0.9


def test_half_and_log_var_are_one_function_in_two_coordinates():
    for sigma in (0.3, 1.0, 4.0):
        half, log_var = at("half", sigma), at("log_var", 2 * math.log(sigma))
        assert objective(half, 2.7) == pytest.approx(objective(log_var, 2.7), rel=1e-5)
        assert half.sigma().item() == pytest.approx(log_var.sigma().item(), rel=1e-6)


def test_half_never_stands_at_zero():
    for value in (0.0, -1e-9, 1e-9):
        balance = at("half", value)
        assert balance(Sight(ONE)).item() == pytest.approx(0.5e6)
        assert balance.penalty(ONE).item() == pytest.approx(math.log(1e-3))
        assert balance.sigma().item() == pytest.approx(1e-3)


@pytest.mark.parametrize(("value", "sigma"), [(9.0, math.e), (-9.0, 1 / math.e), (1.0, math.exp(0.5))])
def test_sigma_of_the_clamped_form_is_that_of_the_clamped_parameter(value, sigma):
    assert at("clamped_004", value).sigma().item() == pytest.approx(sigma)


def test_a_share_is_of_the_weights_in_units_of_the_floor_loss_and_leaves_the_variances_alone():
    floors, start = torch.tensor([0.25, 1.0, 4.0]), {"a": 0.25, "b": 1.0, "c": 4.0}
    present = torch.tensor([True, True, True])
    free, bound = three(start=start), three(start=start, min_share=0.2)
    assert (free(Sight(present)) * floors).tolist() == pytest.approx([2, 0.5, 0.125])
    mixed: Tensor = bound(Sight(present)) * floors  # 0.2 x 2.625 + 0.4 w
    assert mixed.tolist() == pytest.approx([1.325, 0.725, 0.575])
    for balance in (free, bound):
        balance.learn(torch.tensor([0.1, 0.7, 3.0]).double(), present)
    assert torch.equal(slopes(free), slopes(bound))
    assert torch.equal(free.penalty(present), bound.penalty(present))


@pytest.mark.parametrize("form", ["half", "log_var"])
def test_a_task_without_labels_moves_nothing_and_pays_nothing(form):
    balance, present = three(form=form, start=1.3), torch.tensor([True, False, True])
    balance.learn(torch.tensor([1.0, 0.0, 3.0]).double(), present)
    assert balance.learned[1].grad is None  # with a zero an optimiser's momentum would still move it
    assert all(balance.learned[task].grad != 0 for task in (0, 2))
    assert balance.penalty(present).tolist() == pytest.approx([math.log(1.3), 0, math.log(1.3)])
