"""First and last sample: shares of the window, the longest span, and the way back to samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polyhead.errors import InputError
from polyhead.tasks.pointers import ends_of

from .cases import fit, labelled, marked

MARKS = np.array([[0, 1, 1, 0, 0], [0, 0, 0, 0, 0], [1, 0, 1, 0, 1], [1, 1, 0, 1, 1], [0, 0, 0, 1, 1]])


def test_targets_are_centre_and_length_as_shares_of_the_window():
    """Of several spans the longest, of equals the first: (1, 2), none, (0, 0), (0, 1), (3, 4) of five samples."""
    windows = marked(MARKS)
    task = fit(windows, "pointers")
    truth = task.targets(windows).numpy()
    assert truth[[0, 2, 3, 4]] == pytest.approx(np.array([[0.4, 0.4], [0.1, 0.2], [0.2, 0.4], [0.8, 0.4]]))
    assert task.labels(windows, np.arange(5)).mask.tolist() == [True, False, True, True, True]
    assert task.observed(windows, np.array([4, 0])).truth.tolist() == [[3, 4], [1, 2]]


def test_huber_turns_linear_at_eight_hundredths_of_the_window():
    task = fit(marked(MARKS), "pointers")
    logit = math.log(0.3 / 0.7)  # both outputs .3
    losses = task.losses(torch.tensor([[logit, logit]]), torch.tensor([[0.34, 0.7]]))
    assert losses.item() == pytest.approx((0.04**2 / 2 + 0.08 * (0.4 - 0.04)) / 2, rel=1e-5)


def test_loss_beta_is_in_samples():
    task = fit(marked(MARKS), "pointers", loss_beta=1.0)
    losses = task.losses(torch.zeros(1, 2), torch.tensor([[0.9, 0.5]]))
    assert losses.item() == pytest.approx(0.2 * (0.4 - 0.1) / 2, rel=1e-5)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1), st.integers(0, n - 1))))
def test_ends_come_back_from_centre_and_length(case):
    samples, one, other = case
    first, last = min(one, other), max(one, other)
    extent = torch.tensor([[(first + last + 1) / 2, last - first + 1]], dtype=torch.float64)
    assert ends_of(extent, samples)[0].tolist() == pytest.approx([first, last])


@given(st.floats(0, 20), st.floats(0, 20))
def test_ends_stay_in_the_window_and_in_order(centre, length):
    first, last = ends_of(torch.tensor([[centre, length]], dtype=torch.float64), 20)[0].tolist()
    assert 0 <= first <= last <= 19


def test_the_constant_is_the_best_in_shares():
    """mse: means of the four spans, (.375, .35), and the mean of their variances."""
    task = fit(marked(MARKS), "pointers", loss_fn="mse")
    centre, length = np.array([0.4, 0.1, 0.2, 0.8]), np.array([0.4, 0.2, 0.4, 0.4])
    assert task.constant.sigmoid().tolist() == pytest.approx([centre.mean(), length.mean()], rel=1e-5)
    assert task.fitted.floor_loss == pytest.approx((centre.var() + length.var()) / 2)


def test_a_boundary_is_the_likeliest_pair():
    task = fit(marked(MARKS), "pointers", loss_fn="boundary")
    output = torch.full((1, 2, 5), -5.0)
    output[0, 0, 3] = output[0, 1, 1] = output[0, 1, 4] = 5.0
    assert task.decode(output).pred.tolist() == [[3.0, 4.0]]


@pytest.mark.parametrize(
    ("windows", "options", "says"),
    [
        (labelled([0.0, 1.0]), {}, "target 'y' has no value for each sample"),
        (marked([[0, 1, 0]] * 3), {}, "every span of target 'y' in training reaches from sample 1 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(windows, options, says):
    with pytest.raises(InputError, match=says):
        fit(windows, "pointers", **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss_fn": "relative_l1"}, "has no meaning for pointers"),
        ({"loss_fn": "boundary", "loss_beta": 1}, "loss_beta is not read by boundary"),
        ({"head": {"kernel": 3}}, "head.kernel is read by loss_fn boundary"),
        ({"loss_fn": "boundary", "head": {"kernel": 4}}, "kernel must be odd"),
    ],
)
def test_keys_that_would_not_be_read_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        fit(marked(MARKS), "pointers", **options)
