"""Windows as tensors: scaled by hand numbers, filled where asked, masked where unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polyhead.signals.assembly import assemble
from polyhead.signals.source import InputArray, Source
from polyhead.signals.statistics import ChannelScaling
from polyhead.tasks import fit_task
from polyhead.training.feed import Feed

from .synthetic import experiment

CPU = torch.device("cpu")
NAN = np.nan
SIGNAL = np.array(  # two windows of two samples, two that follow
    [[[1.0, 3.0, 5.0, 7.0], [10.0, 10.0, 20.0, 30.0]], [[2.0, 2.0, 2.0, 0.0], [0.0, 10.0, 40.0, 10.0]]]
)
SCALING = {
    "signal": ChannelScaling("standard", np.array([1.0, 10.0]), np.array([2.0, 10.0])),
    "known": ChannelScaling("standard", np.array([5.0]), np.array([0.5])),
}


def feed(signal=SIGNAL, known=((5.0,), (6.0,)), fill=False, labels=True, y=(1.0, 3.0)) -> Feed:
    """A regression on `y` and a forecast of channel b, on two windows of two samples."""
    tasks = {
        "y": {"kind": "regression", "scale": "none"},
        "next": {"kind": "forecast", "horizon": 2, "channels": ["b"]},
    }
    data = {"group": None, "split": {}, "window": {"length": 2, "stride": 2}, "targets": {"y": {"key": "y"}}}
    own = experiment(tasks, data=data)

    def windows(values, labels):
        inputs = {
            "signal": InputArray(np.asarray(values, np.float32), ("a", "b")),
            "known": InputArray(np.asarray(known, np.float32), ("load",)),
        }
        return assemble(own.data, Source(inputs, {"y": np.array(labels)}), 2)

    whole = windows(SIGNAL, (1.0, 3.0))
    fitted = [fit_task(name, options, whole, np.arange(2), SCALING) for name, options in own.enabled.items()]
    return Feed(windows(signal, y), fitted, SCALING, CPU, fill, labels)


def broken(window, channel, sample) -> np.ndarray:
    signal = SIGNAL.copy()
    signal[window, channel, sample] = NAN
    return signal


def test_inputs_and_what_follows_are_scaled_per_channel():
    batch = feed().batch(np.array([1, 0]))
    assert batch.signal.tolist() == [[[0.5, 0.5], [-1, 0]], [[0, 1], [0, 0]]]
    assert batch.known.tolist() == [[2.0], [0.0]]
    assert batch.truths[1].tolist() == [[[3, 0]], [[1, 2]]]
    assert batch.truths[0].tolist() == [[3.0], [1.0]]
    assert batch.mask.all()


def test_fetching_again_gives_the_same():
    source = feed()
    first, second = source.batch(np.array([0, 1])), source.batch(np.array([0, 1]))
    assert torch.equal(first.signal, second.signal)
    assert torch.equal(first.truths[1], second.truths[1])


def test_an_unknown_label_is_masked_and_finite():
    batch = feed(y=(NAN, 3.0)).batch(np.array([0, 1]))
    assert batch.mask.tolist() == [[False, True], [True, True]]
    assert batch.truths[0].isfinite().all()


@pytest.mark.parametrize("value", [NAN, np.inf, -np.inf])
def test_what_is_not_finite_becomes_the_training_mean_where_asked(value):
    signal = SIGNAL.copy()
    signal[0, 1, 1] = value
    batch = feed(signal, known=((value,), (6.0,)), fill=True).batch(np.array([0, 1]))
    assert batch.signal[0].tolist() == [[0, 1], [0, 0]]
    assert batch.known.tolist() == [[0.0], [2.0]]
    assert batch.mask.all()


def test_what_is_not_finite_stays_where_it_is_not_to_be_filled():
    assert feed(broken(0, 1, 1)).batch(np.array([0])).signal[0, 1].isnan().tolist() == [False, True]


@pytest.mark.parametrize(("channel", "known"), [(1, False), (0, True)])
def test_a_forecast_is_unknown_where_its_own_future_is_not_finite(channel, known):
    batch = feed(broken(0, channel, 3), fill=True).batch(np.array([0, 1]))
    assert batch.mask[:, 1].tolist() == [known, True]
    assert batch.mask[:, 0].all()
    assert batch.truths[1].isfinite().all()


def test_masking_one_batch_does_not_mask_the_next():
    source = feed(broken(0, 1, 3), fill=True)
    for _ in range(2):
        assert source.batch(np.array([0, 1])).mask[:, 1].tolist() == [False, True]
        assert source.batch(np.array([1])).mask.tolist() == [[True, True]]


def test_without_labels_nothing_is_known():
    assert not feed(labels=False).batch(np.array([0, 1])).mask.any()


def test_two_timed_inputs_stand_side_by_side():
    """In the order of the configuration, each with its own scaling."""
    own = experiment(("level",), data={"window": {"length": 4, "stride": 4}})
    rows = np.arange(6.0)
    inputs = {
        "one": InputArray(np.full((6, 1, 4), 3.0, np.float32), ("x",)),
        "two": InputArray(np.full((6, 2, 4), 8.0, np.float32), ("y", "z")),
    }
    columns = {"unit": np.arange(6), "side": np.array(["train"] * 4 + ["val"] * 2)}
    columns |= dict.fromkeys(("level", "tone", "loud"), rows)
    windows = assemble(own.data, Source(inputs, columns | {"pair": rows}), 0)
    scaling = {
        "one": ChannelScaling("standard", np.array([1.0]), np.array([2.0])),
        "two": ChannelScaling("standard", np.array([0.0, 4.0]), np.array([1.0, 4.0])),
    }
    tasks = [fit_task("level", own.tasks["level"], windows, np.arange(4), scaling)]
    batch = Feed(replace(windows), tasks, scaling, CPU, fill=False).batch(np.array([5]))
    assert batch.signal[0, :, 0].tolist() == [1.0, 8.0, 1.0]
    assert batch.known is None
