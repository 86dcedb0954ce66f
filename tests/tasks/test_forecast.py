"""The samples that follow a window: which of them, in which units, and from how many parameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polyhead.errors import InputError

from .cases import fit, scaled_by, window_set

SIGNAL = np.random.default_rng(0).normal(size=(9, 2, 30)) * [[2.0], [5.0]] + [[1.0], [-3.0]]
WINDOWS = window_set(SIGNAL, horizon=10, unit="g")
SCALING = scaled_by((1.0, -3.0), (2.0, 5.0))


def forecast(windows=WINDOWS, **options):
    return fit(windows, "forecast", scaling=SCALING, **({"horizon": 10} | options))


@pytest.mark.parametrize(
    ("channels", "horizon", "numbers"),
    [(None, 10, [0, 1]), (["b"], 10, [1]), (["b", "a"], 10, [1, 0]), (["a"], 4, [0])],
)
def test_channels_by_name_and_the_first_samples_after_the_window(channels, horizon, numbers):
    task = forecast(channels=channels, horizon=horizon)
    assert task.channels == tuple(numbers)
    ahead = task.signal({}, {"signal": torch.from_numpy(WINDOWS.fetch(np.arange(9)).futures["signal"])})
    assert ahead.numpy() == pytest.approx(SIGNAL[:, numbers, 20 : 20 + horizon], rel=1e-6)


def test_the_constant_is_the_mean_of_each_step_and_the_floor_loss_their_variance():
    task = forecast(channels=["b"], horizon=4)
    scaled = (SIGNAL[:, 1, 20:24] + 3) / 5
    assert task.fitted.constant == pytest.approx(scaled.mean(axis=0), abs=1e-6)
    assert task.fitted.floor_loss == pytest.approx(scaled.var(axis=0).mean(), rel=1e-5)
    assert task.fitted.reference.mean == pytest.approx((SIGNAL[:, 1, 20:24].mean(),), rel=1e-5)
    assert task.fitted.unit == "g"


def test_decoding_undoes_each_channels_scaling():
    output = torch.ones(2, 2, 10)
    assert forecast().decode(output).pred == pytest.approx(
        np.broadcast_to([[[3.0], [2.0]]], (2, 2, 10)) + np.zeros((2, 2, 10))
    )
    assert forecast(channels=["b", "a"]).decode(output).pred[0, :, 0].tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("options", "beta"),
    [({"channels": ["b"], "loss_beta": 10.0}, 2.0), ({"channels": ["a"], "loss_beta": 10.0}, 5.0)],
)
def test_beta_is_in_the_inputs_units(options, beta):
    assert forecast(loss_fn="huber", **options).numbers.loss.beta == beta


def test_a_window_whose_future_is_not_known_has_no_part_in_the_fit():
    broken = SIGNAL.copy()
    broken[4, 1, 25] = np.nan
    expected = forecast(window_set(np.delete(SIGNAL, 4, axis=0), horizon=10, unit="g"))
    assert forecast(window_set(broken, horizon=10, unit="g")).state() == expected.state()


@pytest.mark.parametrize(
    ("options", "where", "says"),
    [
        ({"channels": ["c"]}, "tasks.y.channels", "input 'signal' has no channel 'c'; it has a, b"),
        ({"input": "sound"}, "tasks.y.input", "no input 'sound' with a time axis for forecast; there are signal"),
    ],
)
def test_what_is_not_there_is_refused_by_name(options, where, says):
    with pytest.raises(InputError, match=says) as caught:
        forecast(**options)
    assert caught.value.where == where


@pytest.mark.parametrize(("future", "says"), [(0.1, "is constant in training"), (np.nan, "no window is whole")])
def test_a_future_without_anything_to_learn_is_refused(future, says):
    signal = SIGNAL.copy()
    signal[:, :, 20:] = future
    with pytest.raises(InputError, match=says):
        forecast(window_set(signal, horizon=10))


@pytest.mark.parametrize(
    ("head", "parameters"),
    [
        # 6 x 4 features to rank 3, and 3 to 2 x 10 outputs
        ({"rank": 3, "context": 4}, (24 * 3 + 3) + (3 * 20 + 20)),
        # before that 6 to 3 channels and back, 3 samples each
        (
            {"rank": 3, "context": 4, "decoder": "conv"},
            (24 * 3 + 3) + (3 * 20 + 20) + (6 * 3 * 3 + 3) + (3 * 6 * 3 + 6),
        ),
    ],
)
def test_a_decoder_has_no_matrix_of_features_times_horizon(head, parameters):
    sizes = [parameter.numel() for parameter in forecast(head=head).build_head(6).parameters()]
    assert sum(sizes) == parameters
    assert max(sizes) < 6 * 4 * 2 * 10


@pytest.mark.parametrize("decoder", ["low_rank", "conv"])
def test_a_context_longer_than_the_map_is_filled_with_zeros_before_it(decoder):
    torch.manual_seed(0)
    head = forecast(head={"context": 8, "decoder": decoder}).build_head(6)
    features = torch.randn(3, 6, 5)
    assert head(features).shape == (3, 2, 10)
    assert torch.equal(head(features), head(torch.cat([torch.zeros(3, 6, 3), features], dim=2)))


def test_only_the_last_steps_of_the_map_are_decoded():
    head = forecast(head={"context": 4}).build_head(6)
    features = torch.randn(3, 6, 9)
    other = features.clone()
    other[..., :5] = 7.0
    assert torch.equal(head(features), head(other))
    other[..., 5] = 7.0
    assert not torch.equal(head(features), head(other))


def test_what_followed_and_the_last_sample_that_was_not_lost():
    signal = SIGNAL.copy()
    signal[3, 1, 19] = np.nan
    signal[5, 1, :20] = np.nan
    task = forecast(channels=["b"], horizon=4)
    observed = task.observed(window_set(signal, horizon=10), np.array([3, 0, 5]))
    assert observed.truth == pytest.approx(SIGNAL[[3, 0, 5], 1:, 20:24], rel=1e-6)
    assert observed.last == pytest.approx(np.array([[SIGNAL[3, 1, 18]], [SIGNAL[0, 1, 19]], [-3.0]]), rel=1e-6)


@pytest.mark.parametrize("loss_fn", ["quantile", "gaussian_nll", "relative_l1"])
def test_other_losses_have_their_outputs_for_each_channel_and_step(loss_fn):
    task = forecast(loss_fn=loss_fn)
    head = task.build_head(6)
    truth = torch.zeros(3, 2, 10)
    assert task.losses(head(torch.randn(3, 6, 20)), truth).shape == (3,)
    decoded = task.decode(task.constant.view(1, -1, 10))
    assert decoded.pred.shape == (1, 2, 10)
    if loss_fn == "gaussian_nll":
        assert decoded.pred[0] == pytest.approx(SIGNAL[:, :, 20:].mean(axis=0), abs=1e-5)
        assert decoded.sd[0] == pytest.approx(SIGNAL[:, :, 20:].std(axis=0), rel=1e-5)
    if loss_fn != "relative_l1":
        assert (decoded.low < decoded.high).all()
