"""Numbers: scaling and back, bounds, the logarithm, beta in target units."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction

from .cases import fit, labelled

VALUES = np.array([0.5, 2.0, 4.0, 8.0, 40.0])
SCALED = {  # the mean is 10.9
    "standard": (VALUES - 10.9) / np.sqrt(((VALUES - 10.9) ** 2).mean()),
    "minmax": (VALUES - 0.5) / 39.5,
    "none": VALUES,
}


@pytest.mark.parametrize("scale", SCALED)
def test_targets_are_scaled_as_asked(scale):
    windows = labelled(VALUES)
    assert fit(windows, "regression", scale=scale).targets(windows)[:, 0].numpy() == pytest.approx(SCALED[scale])


@pytest.mark.parametrize("scale", SCALED)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [VALUES, np.stack([VALUES, 7 + VALUES[::-1] ** 2], axis=1)], ids=["one", "two"])
def test_decoding_undoes_the_scaling(scale, log, values):
    windows = labelled(values)
    task = fit(windows, "regression", scale=scale, log_transform=log)
    decoded = task.decode(task.targets(windows)).pred
    assert decoded.shape == values.shape
    assert decoded == pytest.approx(values, rel=1e-5)


def test_a_logarithm_is_that_of_the_target_above_its_floor():
    windows = labelled([0.0, 0.1, 1.0, 100.0])
    task = fit(windows, "regression", scale="none", log_transform=True, log_floor=0.1)
    assert task.targets(windows)[:, 0].numpy() == pytest.approx(np.log([0.1, 0.1, 1.0, 100.0]))
    assert task.decode(task.targets(windows)).pred == pytest.approx([0.1, 0.1, 1.0, 100.0], rel=1e-5)


def test_a_logarithm_without_floor_refuses_zero():
    with pytest.raises(InputError, match=r"reaches down to 0, which has no logarithm; write `log_floor: VALUE`"):
        fit(labelled([0.0, 1.0, 2.0]), "regression", log_transform=True)


def test_a_logarithms_floor_above_every_label_is_refused():
    with pytest.raises(InputError, match=r"tasks.y.log_floor: log_floor 10 lies above every label"):
        fit(labelled([1.0, 2.0, 3.0]), "regression", log_transform=True, log_floor=10)


@settings(max_examples=60, deadline=None)
@given(outputs=st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=6), log=st.booleans())
def test_a_bounded_prediction_never_leaves_its_bounds(outputs, log):
    task = fit(labelled([0.2, 0.35, 0.9]), "regression", bounds=[0.1, 0.9], log_transform=log)
    pred = task.decode(torch.tensor(outputs)[:, None]).pred
    assert ((pred >= 0.1) & (pred <= 0.9)).all()


def test_bounds_are_reached_in_the_limit_and_their_middle_at_zero():
    task = fit(labelled([2.0, 3.0, 7.0]), "regression", bounds=[0, 10])
    assert task.decode(torch.tensor([[-80.0], [0.0], [80.0]])).pred == pytest.approx([0, 5, 10], abs=1e-5)


@pytest.mark.parametrize("values", [[0.2, 0.5, 1.2], [-0.1, 0.5, 1.0]])
def test_targets_outside_the_bounds_are_refused_in_any_split(values):
    with pytest.raises(InputError) as caught:
        fit(labelled(values), "regression", train=[0, 1], bounds=[0, 1])
    low, high = min(values), max(values)
    assert caught.value.line == (
        f"tasks.y.bounds: target 'y' reaches from {low:g} to {high:g}, outside bounds [0.0, 1.0];"
        " widen the bounds, or mask such values with `valid`"
    )


def test_a_masked_value_may_lie_outside_the_bounds():
    windows = labelled([0.2, 0.5, 1000.0], [1, 1, 0])
    task = fit(windows, "regression", bounds=[0, 1])
    assert task.targets(windows).isfinite().all()


def test_unknown_targets_are_finite_whatever_stands_there():
    """A logarithm of them would be a warning, and warnings are errors here."""
    windows = labelled([np.nan, -5.0, 0.0, np.inf, 1.0, 4.0], [0, 0, 0, 0, 1, 1])
    task = fit(windows, "regression", log_transform=True)
    assert task.targets(windows).isfinite().all()
    assert task.targets(windows)[4:, 0].tolist() == pytest.approx([-1, 1])


def test_text_is_refused():
    with pytest.raises(InputError, match=r"tasks.y: target 'y' holds text; write `kind: classification` for labels"):
        fit(labelled(["worn", "intact", "worn"]), "regression")


@pytest.mark.parametrize("loss_fn", ["smooth_l1", "huber"])
def test_beta_is_in_target_units(loss_fn):
    """The standard deviation is 2, so a beta of 1 is half a scaled unit."""
    task = fit(labelled([1.0, 1.0, 5.0, 5.0]), "regression", loss_fn=loss_fn, loss_beta=1.0)
    assert task.numbers.loss.beta == 0.5
    loss = task.losses(torch.tensor([[2.0]]), torch.tensor([[0.0]])).item()
    assert loss == pytest.approx({"smooth_l1": 2 - 0.25, "huber": 0.5 * (2 - 0.25)}[loss_fn])


LOSSES = ["smooth_l1", "huber", "l1", "mse", "log_cosh", "quantile", "gaussian_nll"]
RELATIVE = ["relative_l1", "relative_smooth_l1", "relative_mse"]


@pytest.mark.parametrize("loss_fn", [*LOSSES, *RELATIVE])
@pytest.mark.parametrize("scale", ["standard", "minmax"])
@pytest.mark.parametrize("beta", [None, 3.0])
def test_another_unit_changes_nothing(loss_fn, scale, beta):
    here, there = labelled(VALUES), labelled(VALUES * 1e3)
    one = fit(here, "regression", loss_fn=loss_fn, scale=scale, loss_beta=beta)
    other = fit(there, "regression", loss_fn=loss_fn, scale=scale, loss_beta=beta and beta * 1e3)
    assert other.fitted.floor_loss == pytest.approx(one.fitted.floor_loss, rel=1e-12)
    torch.testing.assert_close(other.targets(there), one.targets(here))
    output = torch.linspace(-2, 2, len(VALUES))[:, None].repeat(1, len(one.constant))
    torch.testing.assert_close(
        other.losses(output, other.targets(there)), one.losses(output, one.targets(here)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("loss_fn", ["gaussian_nll", *RELATIVE, "smooth_l1", "log_cosh"])
def test_another_unit_changes_no_loss_without_any_scaling(loss_fn):
    """smooth_l1 and log_cosh have the target's unit there: their ratio to the floor is what stays."""
    one, other = (
        fit(labelled(VALUES * unit), "regression", loss_fn=loss_fn, scale="none", bounds=[0, 50 * unit])
        for unit in (1, 1e3)
    )
    output = torch.linspace(-2, 2, len(VALUES))[:, None].repeat(1, len(one.constant))
    share, same = (
        task.losses(output, task.targets(labelled(VALUES * unit))) / task.fitted.floor_loss
        for task, unit in ((one, 1), (other, 1e3))
    )
    torch.testing.assert_close(same, share, rtol=1e-4, atol=1e-6)


def test_l2_is_another_name_of_mse():
    assert fit(labelled(VALUES), "regression", loss_fn="l2") == fit(labelled(VALUES), "regression", loss_fn="mse")


@pytest.mark.parametrize("loss_fn", [*LOSSES, *RELATIVE])
def test_a_logarithm_comes_back_linear(loss_fn):
    windows = labelled(VALUES)
    task = fit(windows, "regression", loss_fn=loss_fn, log_transform=True)
    truth = task.targets(windows)
    decoded = task.decode(truth.repeat(1, len(task.constant)) if loss_fn != "gaussian_nll" else _with_spread(truth))
    assert decoded.pred == pytest.approx(VALUES, rel=1e-5)


def _with_spread(mean):
    return torch.cat([mean, torch.zeros_like(mean)], dim=1)


@pytest.mark.parametrize("scale", ["standard", "minmax", "none"])
def test_the_default_beta_is_one_standard_deviation_whatever_the_scaling(scale):
    task = fit(labelled(VALUES), "regression", scale=scale)
    assert task.numbers.loss.beta == pytest.approx(np.std(SCALED[scale]))


def test_an_output_that_is_constant_among_others_is_only_shifted():
    """The standard deviation of seven times 0.1 is 1.4e-17, not 0."""
    values = np.stack([np.arange(7.0), np.full(7, 0.1)], axis=1)
    task = fit(labelled(values), "regression")
    assert task.numbers.scale.scale.tolist() == [2.0, 1.0]
    assert task.numbers.loss.beta == pytest.approx(1)


def test_the_reference_is_in_target_units():
    task = fit(labelled(VALUES, unit="mm"), "regression", log_transform=True)
    assert (task.fitted.unit, task.fitted.reference.mean, task.fitted.reference.median) == (
        "mm",
        pytest.approx((10.9,)),
        (4.0,),
    )


def interval(task, residual: float) -> Prediction:
    """Ten recordings of one window, each off by `residual`, with intervals of one unit to either side."""
    pred = np.full(10, 5.0)
    return Prediction(pred + residual, pred, np.ones(10, bool), np.arange(10), low=pred - 1, high=pred + 1)


@pytest.mark.parametrize(("calibrate", "low", "high"), [(True, 2.0, 8.0), (False, 4.0, 6.0)])
def test_intervals_are_as_wide_as_validation_needs(calibrate, low, high):
    task = fit(labelled(VALUES), "regression", loss_fn={"name": "gaussian_nll", "calibrate": calibrate})
    factor = task.decide(interval(task, 3.0))
    assert factor == (3.0 if calibrate else 1.0)
    widened = task.decided(interval(task, 0.0), factor)
    assert (widened.low[0], widened.high[0], widened.pred[0]) == (low, high, 5.0)


def test_intervals_stay_within_bounds():
    task = fit(labelled([1.0, 6.0]), "regression", loss_fn="quantile", bounds=[0.5, 7])
    widened = task.decided(interval(task, 0.0), 10.0)
    assert (widened.low[0], widened.high[0]) == (0.5, 7.0)


def test_a_point_loss_has_no_interval_to_widen():
    pred = np.zeros(3)
    task = fit(labelled(VALUES), "regression")
    assert task.decide(Prediction(pred, pred, np.ones(3, bool), np.arange(3))) is None


def test_under_a_logarithm_an_interval_is_widened_as_a_factor():
    """Off by a factor of 9 where the interval promises 3: twice as wide in the logarithm."""
    pred, mask = np.full(10, 5.0), np.ones(10, bool)
    known = Prediction(pred * 9, pred, mask, np.arange(10), low=pred / 3, high=pred * 3)
    task = fit(labelled(VALUES), "regression", loss_fn="gaussian_nll", log_transform=True)
    factor = task.decide(known)
    assert factor == pytest.approx(2.0)
    widened = task.decided(known, factor)
    assert (widened.low[0], widened.high[0]) == (pytest.approx(5 / 9), pytest.approx(45.0))
