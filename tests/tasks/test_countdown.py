"""Samples until the span starts: the ramp, its clip, its scale and its floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction

from .cases import fit, marked

MARKS = np.array([[0, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]])
RAMPS = np.array([[2, 1, 0, -1, -2], [0, -1, -2, -2, -2], [2, 2, 2, 1, 0]])  # of windows 0, 2 and 3, clipped at 2
REPORTED = {"clip": 2, "loss_fn": "huber", "loss_beta": 1, "scale": "none"}


def test_the_ramp_is_clipped_and_windows_without_a_span_are_unknown():
    windows = marked(MARKS)
    task = fit(windows, "countdown", clip=2)
    assert task.observed(windows, np.array([0, 2, 3])).truth.tolist() == RAMPS.tolist()
    assert task.labels(windows, np.arange(4)).mask.tolist() == [True, False, True, True]
    raw = fit(windows, "countdown", clip=None)
    assert raw.observed(windows, np.array([3])).truth.tolist() == [[4, 3, 2, 1, 0]]


def test_the_reported_loss_by_hand():
    """Huber with delta 1 on raw samples: residuals 2, 1, 0, -1 and -2 cost 1.5, .5, 0, .5 and 1.5."""
    task = fit(marked(MARKS), "countdown", **REPORTED)
    assert task.losses(torch.zeros(1, 1, 5), torch.tensor([2.0])).item() == pytest.approx(4 / 5)


def test_the_floor_is_the_best_single_number():
    task = fit(marked(MARKS), "countdown", **REPORTED)

    def huber(constant):
        size = np.abs(RAMPS - constant)
        return float(np.where(size <= 1, size**2 / 2, size - 0.5).mean())

    found = minimize_scalar(huber, bounds=(-2, 2), method="bounded")
    assert task.fitted.floor_loss == pytest.approx(found.fun, rel=1e-6)
    assert len(set(task.fitted.constant)) == 1


def test_a_standard_scale_is_that_of_all_numbers():
    task = fit(marked(MARKS), "countdown", clip=2, loss_fn="mse")
    assert task.numbers.scale.offset.item() == pytest.approx(RAMPS.mean())
    assert task.numbers.scale.scale.item() == pytest.approx(RAMPS.std())
    assert task.fitted.floor_loss == pytest.approx(1)
    twice = fit(marked(MARKS[[0, 0, 2]]), "countdown", clip=2).numbers.scale
    assert twice.offset.item() == pytest.approx(RAMPS[[0, 0, 1]].mean())
    minmax = fit(marked(MARKS), "countdown", clip=2, scale="minmax").numbers.scale
    assert (minmax.offset.item(), minmax.scale.item()) == (-2, 4)


def test_predictions_are_in_samples_and_within_the_clip():
    task = fit(marked(MARKS), "countdown", clip=2)
    scale = task.numbers.scale
    output = torch.tensor([[[-9.0, 0.0, 0.5, 1.0, 9.0]]])
    inside = (scale.offset.item() + scale.scale.item() * np.array([0.0, 0.5, 1.0])).tolist()
    assert task.decode(output).pred[0].tolist() == pytest.approx([-2, *np.clip(inside, -2, 2), 2])


def test_intervals_stay_within_the_clip():
    """A mean of 30 with a standard deviation of 1: neither end of what clipped truth can be lies beyond 20."""
    task = fit(marked(np.eye(3, 90, dtype=np.int64)), "countdown", clip=20, scale="none", loss_fn="gaussian_nll")
    output = torch.zeros(1, 2, 90)
    output[:, 0] = 30.0
    decoded = task.decode(output)
    assert (decoded.pred == 20).all()
    assert (decoded.low == 20).all()
    assert (decoded.high == 20).all()
    output[:, 0] = 19.0
    decoded = task.decode(output)
    found = Prediction(
        np.zeros((1, 90)), decoded.pred, np.ones(1, bool), np.zeros(1, np.int64), low=decoded.low, high=decoded.high
    )
    wider = task.decided(found, 2.0)
    assert (decoded.high == 20).all()
    np.testing.assert_allclose(wider.low, 19 - 2 * (19 - decoded.low))
    assert (wider.high == 20).all()


def test_windows_that_lack_samples_are_unknown():
    windows = marked(MARKS, filled=[5, 5, 5, 3])
    task = fit(windows, "countdown", clip=2)
    assert task.labels(windows, np.arange(4)).mask.tolist() == [True, False, True, False]
    assert task.numbers.scale.offset.item() == pytest.approx(RAMPS[:2].mean())
    with pytest.raises(InputError, match="no training window with a span of target 'y' has all its samples"):
        fit(replace(windows, filled=np.full(4, 4)), "countdown")


def test_a_loss_that_divides_by_zero_is_refused():
    with pytest.raises(ValueError, match="has no meaning for countdown"):
        fit(marked(MARKS), "countdown", loss_fn="relative_l1")
