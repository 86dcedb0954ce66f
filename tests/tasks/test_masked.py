"""Hidden samples: which count in the loss, what is compared in evaluation, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polyhead.errors import InputError
from polyhead.signals.hiding import Hiding
from polyhead.tasks.task import Decoded

from .cases import fit, scaled_by, window_set

SIGNAL = np.random.default_rng(0).normal(size=(9, 2, 20)) * [[2.0], [5.0]] + [[1.0], [-3.0]]
WINDOWS = window_set(SIGNAL, unit="g")


def masked(windows=WINDOWS, **options):
    return fit(windows, "masked", scaling=scaled_by((1.0, -3.0), (2.0, 5.0)), **options)


def test_only_hidden_samples_have_a_loss_and_a_gradient():
    """Huber with delta 1: residuals 1 and 3 cost 0.5 and 2.5."""
    task = masked(channels=["b"], loss_beta=5.0)
    truth = torch.full((2, 1, 20), torch.nan)
    truth[0, 0, [3, 7]] = torch.tensor([1.0, 3.0])
    truth[1, 0, [0]] = 1.0
    output = torch.zeros(2, 1, 20, requires_grad=True)
    losses = task.losses(output, truth)
    assert losses.tolist() == [1.5, 0.5]
    losses.sum().backward()
    assert output.grad is not None
    assert np.argwhere(output.grad.numpy()).tolist() == [[0, 0, 3], [0, 0, 7], [1, 0, 0]]


def test_what_is_judged_are_the_samples_that_evaluation_hides():
    task, index = masked(channels=["b"], patch=3), np.array([4, 2])
    at = Hiding(20, 3, 1).fixed(index)
    observed = task.observed(WINDOWS, index)
    expected = [SIGNAL[window, [1]][:, row] for window, row in zip(index, at, strict=True)]
    assert observed.truth == pytest.approx(np.array(expected), rel=1e-6)
    decoded = Decoded(np.arange(40.0).reshape(2, 1, 20), sd=np.ones((2, 1, 20)))
    asked = task.asked(decoded, Hiding(20, 3, 1).marks(at))
    assert asked.pred.tolist() == [[at[0].tolist()], [(20 + at[1]).tolist()]]
    assert asked.sd is not None
    assert asked.sd.shape == observed.between.shape == (2, 1, 3)
    assert asked.low is None


def test_the_constant_and_its_loss_are_those_of_all_samples():
    """The best constant of half a squared error is the mean; the floor loss half the variance."""
    task = masked(loss_fn="mse")
    scaled = (SIGNAL - [[1.0], [-3.0]]) / [[2.0], [5.0]]
    assert np.reshape(task.fitted.constant, (2, 20)) == pytest.approx(scaled.mean(axis=0), abs=1e-6)
    assert task.fitted.floor_loss == pytest.approx(scaled.var(axis=0).mean(), rel=1e-5)
    assert task.fitted.unit == "g"


@pytest.mark.parametrize("steps", [1, 3, 20])
def test_a_linear_layer_at_each_step(steps):
    head = masked().build_head(6)
    assert sum(parameter.numel() for parameter in head.parameters()) == 6 * 2 + 2 * 20
    assert head(torch.randn(4, 6, steps)).shape == (4, 2, 20)


@pytest.mark.parametrize(("share", "patch"), [(0.99, 1), (0.1, 20), (0.6, 9)])
def test_a_window_of_which_nothing_is_left_is_refused(share, patch):
    if (share, patch) == (0.6, 9):  # one patch of nine
        masked(share=share, patch=patch)
        return
    with pytest.raises(InputError, match=r"hide all 20 of a window; lower share or patch"):
        masked(share=share, patch=patch)


def test_a_patch_longer_than_the_window_is_refused():
    with pytest.raises(InputError, match="1 patches of 25 samples hide all 20"):
        masked(patch=25)
