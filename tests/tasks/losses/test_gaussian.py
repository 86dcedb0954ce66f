"""The likelihood, what shifts it, and whether a fitted spread is that of the data."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import lognorm, norm

from ..cases import fit, labelled

VALUES = np.random.default_rng(0).normal(30, 4, 400)


def task(values=VALUES, beta=0.0, weights=None, loss=None, **options):
    chosen = {"name": "gaussian_nll", "beta": beta} | (loss or {})
    return fit(labelled(values), "regression", weights=weights, loss_fn=chosen, **options)


def test_losses_by_hand():
    """With the training variance as unit: mean 1, truth 3, log var log 4: (log 4 + 4 / 4) / 2, less 1/2, plus 1."""
    output, truth = torch.tensor([[1.0, np.log(4.0)]]), torch.tensor([[3.0]])
    assert task().losses(output, truth).item() == pytest.approx(0.5 + (np.log(4) + 1) / 2)
    assert task(beta=0.5).losses(output, truth).item() == pytest.approx(0.5 + 2 * (np.log(4) + 1) / 2)
    regular = task(loss={"var_reg": 0.1}).losses(output, truth).item()
    assert regular == pytest.approx(0.5 + (np.log(4) + 1) / 2 + 0.1 * np.log(4) ** 2)


@pytest.mark.parametrize("scale", ["standard", "minmax", "none"])
def test_it_is_one_plus_the_likelihood_less_that_of_the_constant(scale):
    """In any scaling, because constants of the likelihood and of its unit cancel."""
    one = task(scale=scale)
    output = torch.randn(400, 2, generator=torch.Generator().manual_seed(0)) * 0.3 + one.constant
    truth = one.targets(labelled(VALUES))
    found = one.decode(output)
    own = -norm(found.pred, found.sd).logpdf(VALUES)
    constant = -norm(VALUES.mean(), VALUES.std()).logpdf(VALUES).mean()
    assert one.losses(output, truth).numpy() == pytest.approx(1 + own - constant, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("loss", [{}, {"var_reg": 0.3}])
def test_a_constant_comes_to_rest_at_mean_and_variance_with_loss_one(beta, loss):
    one = task(beta=beta, loss=loss)
    assert one.fitted.floor_loss == pytest.approx(1.0)
    assert one.fitted.shifted
    output = one.constant.clone().requires_grad_()
    one.losses(output.expand(400, -1), one.targets(labelled(VALUES))).mean().backward()
    assert output.grad.abs().max() < 1e-6


def test_losses_of_other_kinds_are_not_shifted():
    assert not fit(labelled(VALUES), "regression").fitted.shifted


def test_beta_one_gives_the_mean_the_gradient_of_squares_and_none_goes_through_the_weight():
    one = task(beta=1.0)
    output = torch.tensor([[0.7, 1.3]], requires_grad=True)
    one.losses(output, torch.tensor([[0.2]])).sum().backward()
    # d/dmean: var * (mean - truth) / var; d/dlogvar: var * (1 - r^2 / var) / 2, the factor held fixed
    assert output.grad[0].tolist() == pytest.approx([0.5, np.exp(1.3) * (1 - 0.25 / np.exp(1.3)) / 2])


def test_weights_make_mean_and_spread():
    weights = np.where(VALUES > 30, 1.5, 0.5)
    weights /= weights.mean()
    one = task(weights=weights, scale="none")
    mean = np.average(VALUES, weights=weights)
    assert one.constant[0].item() == pytest.approx(mean, rel=1e-6)
    assert one.numbers.loss.spread == pytest.approx([np.sqrt(np.average((VALUES - mean) ** 2, weights=weights))])
    assert one.fitted.floor_loss == pytest.approx(1.0)


def test_prediction_and_interval_in_target_units():
    found = task().decode(torch.tensor([[0.0, 0.0], [1.0, np.log(4.0)]]))
    mean, sd = VALUES.mean(), VALUES.std()
    assert found.pred == pytest.approx([mean, mean + sd])
    assert found.sd == pytest.approx([sd, 2 * sd])
    assert found.low == pytest.approx(norm(found.pred, found.sd).ppf(0.05))
    assert found.high == pytest.approx(norm(found.pred, found.sd).ppf(0.95))


def test_under_a_logarithm_the_interval_is_exact_and_the_spread_about_right():
    values = np.exp(np.random.default_rng(1).normal(2, 0.1, 300))
    found = task(values, log_transform=True).decode(torch.zeros(1, 2))
    log = np.log(values)
    expected = lognorm(log.std(), scale=np.exp(log.mean()))
    assert found.pred == pytest.approx([expected.median()])
    assert (found.low[0], found.high[0]) == pytest.approx(expected.ppf([0.05, 0.95]))
    assert found.sd[0] == pytest.approx(expected.std(), rel=0.02)  # the delta method


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_a_spread_that_depends_on_the_input_is_found(beta):
    """Two kinds of windows, told apart by the features, with spreads 1 and 5 about means 10 and 20."""
    rng = np.random.default_rng(2)
    kind = np.arange(2000) % 2
    values = np.where(kind, rng.normal(20, 5, 2000), rng.normal(10, 1, 2000))
    one = task(values, beta=beta)
    head = torch.nn.Linear(2, 2)
    features, truth = torch.eye(2)[kind], one.targets(labelled(values))
    optimiser = torch.optim.Adam(head.parameters(), lr=0.2)
    for _ in range(120):
        optimiser.zero_grad()
        one.losses(head(features), truth).mean().backward()
        optimiser.step()
    found = one.decode(head(torch.eye(2)).detach())
    assert found.pred == pytest.approx([values[kind == 0].mean(), values[kind == 1].mean()], rel=0.01)
    assert found.sd == pytest.approx([values[kind == 0].std(), values[kind == 1].std()], rel=0.02)
    decoded = one.decode(head(features).detach())
    assert ((values >= decoded.low) & (values <= decoded.high)).mean() == pytest.approx(0.9, abs=0.02)
    assert ((values - decoded.pred) / decoded.sd).std() == pytest.approx(1, abs=0.02)
