"""The window's own samples: which, in which units, and from how many parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polyhead.errors import InputError
from polyhead.signals.statistics import ChannelScaling

from .cases import fit, scaled_by, window_set

SIGNAL = np.random.default_rng(0).normal(size=(9, 2, 30)) * [[2.0], [5.0]] + [[1.0], [-3.0]]
WINDOWS = window_set(SIGNAL, horizon=10, unit="g")
SCALING = scaled_by((1.0, -3.0), (2.0, 5.0))


def reconstruction(windows=WINDOWS, **options):
    return fit(windows, "reconstruction", scaling=SCALING, **options)


@pytest.mark.parametrize(("channels", "numbers"), [(None, [0, 1]), (["b"], [1]), (["b", "a"], [1, 0])])
def test_channels_by_name_and_the_samples_of_the_window(channels, numbers):
    task = reconstruction(channels=channels)
    own = task.signal({"signal": torch.from_numpy(WINDOWS.fetch(np.arange(9)).inputs["signal"])}, {})
    assert own.numpy() == pytest.approx(SIGNAL[:, numbers, :20], rel=1e-6)
    observed = task.observed(WINDOWS, np.array([4, 2]))
    assert observed.truth == pytest.approx(SIGNAL[[4, 2]][:, numbers, :20], rel=1e-6)
    assert (observed.truth.dtype, observed.last) == (np.float64, None)


def test_the_constant_is_the_mean_of_each_sample_and_the_floor_loss_their_variance():
    task = reconstruction(channels=["b"])
    scaled = (SIGNAL[:, 1, :20] + 3) / 5
    assert task.fitted.constant == pytest.approx(scaled.mean(axis=0), abs=1e-6)
    assert task.fitted.floor_loss == pytest.approx(scaled.var(axis=0).mean(), rel=1e-5)
    assert task.fitted.unit == "g"


def test_decoding_undoes_each_channels_scaling():
    pred = reconstruction().decode(torch.ones(2, 2, 20)).pred
    assert pred == pytest.approx(np.broadcast_to([[[3.0], [2.0]]], (2, 2, 20)))


@pytest.mark.parametrize("absent", [False, True])
def test_a_window_that_is_not_whole_has_no_part_in_the_fit(absent):
    broken = SIGNAL.copy()
    broken[4, 1, 5] = np.nan
    expected = reconstruction(window_set(np.delete(SIGNAL, 4, axis=0), horizon=10, unit="g"))
    windows = window_set(SIGNAL if absent else broken, horizon=10, unit="g")
    if absent:
        windows = replace(windows, filled=np.where(np.arange(9) == 4, 15, 20))
    assert reconstruction(windows).state() == expected.state()


@pytest.mark.parametrize(
    ("decoder", "parameters"),
    [
        # 6 x 4 means to rank 3, and 3 to 2 x 20 outputs
        ("low_rank", (24 * 3 + 3) + (3 * 40 + 40)),
        # 6 to 3 channels, two convolutions of 5 samples, and the constant
        ("conv", (6 * 3 + 3) + (3 * 3 * 5 + 3) + 3 * 2 * 5 + 40),
    ],
)
def test_a_decoder_has_no_matrix_of_features_times_samples(decoder, parameters):
    head = reconstruction(head={"rank": 3, "stretches": 4, "decoder": decoder}).build_head(6)
    sizes = [parameter.numel() for parameter in head.parameters()]
    assert sum(sizes) == parameters
    for steps in (3, 5, 20):
        assert head(torch.randn(2, 6, steps)).shape == (2, 2, 20)


@pytest.mark.parametrize("decoder", ["low_rank", "conv"])
def test_it_learns_the_samples(decoder):
    torch.manual_seed(0)
    scaled = torch.from_numpy((SIGNAL[:, :, :20] - [[1.0], [-3.0]]) / [[2.0], [5.0]]).float()
    task = reconstruction(head={"decoder": decoder, "stretches": 20})
    head = task.build_head(2)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.03)
    for _ in range(100):
        optimiser.zero_grad()
        loss = task.losses(head(scaled), scaled).mean()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2 * task.fitted.floor_loss


def test_an_input_of_each_recordings_own_scaling_is_refused():
    own = {"signal": ChannelScaling("per_recording", np.zeros((9, 2)), np.ones((9, 2)))}
    with pytest.raises(
        InputError, match="is scaled per_recording, so that a new recording's reconstruction has no unit"
    ):
        fit(WINDOWS, "reconstruction", scaling=own)


@pytest.mark.parametrize(("value", "says"), [(0.1, "is constant in training"), (np.nan, "is missing in training")])
def test_nothing_to_learn_is_refused(value, says):
    with pytest.raises(InputError, match=f"input 'signal' {says}"):
        reconstruction(window_set(np.full((9, 2, 20), value)))
