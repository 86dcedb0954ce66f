"""The pinball loss, its constants, and quantiles that never cross."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_pinball_loss

from polyhead.tasks.losses.quantile import QuantileLoss
from polyhead.tasks.numbers import Numbers
from polyhead.tasks.scale import TargetScale

from ..cases import fit, labelled

ONE = TargetScale(np.zeros(1), np.ones(1))
LEVELS = (0.05, 0.5, 0.95)


def test_losses_by_hand():
    """Target 3 with quantiles 1, 2 and 6: .05 * 2, .5 * 1 and .05 * 3 over three levels."""
    losses = QuantileLoss(LEVELS)(torch.tensor([[1.0, 2.0, 6.0]])[..., None], torch.tensor([[3.0]]))
    assert losses.tolist() == [[pytest.approx((0.1 + 0.5 + 0.15) / 3)]]


def test_losses_are_those_of_sklearn_and_the_constants_numpys_quantiles():
    truth = np.random.default_rng(0).gamma(2, size=(200, 1))
    found = Numbers(ONE, QuantileLoss(LEVELS)).constant(truth, None)
    expected = np.quantile(truth[:, 0], LEVELS, method="averaged_inverted_cdf")
    assert found.output == pytest.approx(expected)
    each = [
        mean_pinball_loss(truth, np.full_like(truth, q), alpha=level) for q, level in zip(expected, LEVELS, strict=True)
    ]
    assert found.loss == pytest.approx(np.mean(each))
    moved = [
        mean_pinball_loss(truth, np.full_like(truth, q + 0.1), alpha=a) for q, a in zip(expected, LEVELS, strict=True)
    ]
    assert found.loss < np.mean(moved)


@pytest.mark.parametrize("options", [{}, {"bounds": [0, 9]}, {"log_transform": True}])
def test_quantiles_never_cross_and_the_median_is_the_prediction(options):
    task = fit(labelled([1.0, 2.0, 4.0, 8.0]), "regression", loss_fn="quantile", **options)
    found = task.decode(3 * torch.randn(50, 3, generator=torch.Generator().manual_seed(1)))
    assert (found.low <= found.pred).all()
    assert (found.pred <= found.high).all()
    assert (found.low < found.high).all()
    assert found.sd is None
    if "bounds" in options:
        assert found.low.min() >= 0
        assert found.high.max() <= 9


def test_the_order_of_outputs_does_not_matter():
    task = fit(labelled([1.0, 2.0, 4.0, 8.0]), "regression", loss_fn="quantile")
    one, other = torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[2.0, 0.0, 1.0]])
    assert task.losses(one, torch.tensor([[0.3]])) == task.losses(other, torch.tensor([[0.3]]))


def test_only_levels_that_bound_90_percent_make_an_interval():
    loss = {"name": "quantile", "levels": [0.1, 0.5, 0.9]}
    found = fit(labelled([1.0, 2.0, 4.0, 8.0]), "regression", loss_fn=loss).decode(torch.zeros(2, 3))
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize("levels", [[0.05, 0.95], [0.5, 0.05], [0.0, 0.5], [0.5, 1.0], [0.5, 0.5], []])
def test_levels_that_make_no_sense_are_refused(levels):
    with pytest.raises(ValueError, match="levels"):
        fit(labelled([1.0, 2.0]), "regression", loss_fn={"name": "quantile", "levels": levels})
