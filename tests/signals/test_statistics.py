"""Statistics of channels against numpy on all windows at once, and the scaling made of them."""

from __future__ import annotations

import json
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from polyhead.signals import statistics
from polyhead.signals.statistics import (
    channel_statistics,
    chunks,
    fit_scaling,
    refuse_non_finite,
    scale_recordings,
)

from .cases import refused, rows, samples

NAMES = ("mean", "sd", "min", "max", "median")


def by_numpy(values):
    """(mean, sd, min, max, median) per channel of (window, channel, time), in float64."""
    flat = np.moveaxis(np.float32(values).astype(np.float64), 1, 0).reshape(np.shape(values)[1], -1)
    kept = [row[np.isfinite(row)] for row in flat]
    return np.array([[f(row) for row in kept] for f in (np.mean, np.std, np.min, np.max, np.median)])


def found_in(windows, index=None):
    one = channel_statistics(windows, np.arange(len(windows)) if index is None else index)["signal"]
    return np.array([getattr(one, name) for name in NAMES]), one


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e6, 1e30])
@given(
    noise=arrays(np.float64, st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(1, 6)),
                 elements=st.floats(-5, 5)),
    chunk=st.sampled_from([1, 3, 512]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_they_are_those_of_numpy_on_all_windows_at_once(offset, noise, chunk):
    with mock.patch.object(statistics, "_CHUNK", chunk):
        found, _ = found_in(rows({}, noise + offset))
    wanted = by_numpy(noise + offset)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12 * max(1, abs(offset)))


def test_a_spread_of_one_beside_an_offset_of_a_million_keeps_its_digits():
    noise = np.random.default_rng(0).normal(1e6, 1, (3000, 1, 16))
    found, _ = found_in(rows({}, noise))
    np.testing.assert_allclose(found[:4], by_numpy(noise)[:4], rtol=1e-9)
    assert found[1] == pytest.approx(1, abs=0.01)
    assert found[4] == pytest.approx(1e6, abs=0.1)  # the median of a sample of the windows


def test_windows_count_as_often_as_they_are_cut():
    signal = np.arange(12.0).reshape(1, 1, 12)
    windows = rows({}, signal, horizon=2, window={"length": 4, "stride": 1})
    cut = np.stack([signal[0, :, i : i + 4] for i in range(7)])
    np.testing.assert_allclose(found_in(windows)[0], by_numpy(cut), rtol=1e-13)


def test_only_the_windows_asked_for_count():
    signal = np.random.default_rng(2).normal(size=(10, 2, 7))
    index = np.array([7, 2, 3])
    np.testing.assert_allclose(found_in(rows({}, signal), index)[0], by_numpy(signal[index]), rtol=1e-12)


def test_numbers_per_row_and_samples_have_statistics_alike():
    values = np.random.default_rng(3).normal(size=(30, 2))
    np.testing.assert_allclose(found_in(rows({}, values))[0], by_numpy(values[:, :, None]), rtol=1e-12)
    np.testing.assert_allclose(found_in(samples(5, 5, values, {}))[0], by_numpy(values[:, :, None]), rtol=1e-12)


def test_what_is_not_finite_is_counted_and_left_out():
    signal = np.random.default_rng(4).normal([[50], [-50]], 1, size=(20, 2, 5))
    signal[3, 0, :2] = np.nan
    signal[9, 1, 4] = np.inf
    found, one = found_in(rows({}, signal))
    np.testing.assert_allclose(found, by_numpy(signal), rtol=1e-12)
    assert one.non_finite.tolist() == [2, 1]


def test_a_channel_without_a_finite_sample_has_no_statistics_and_is_left_alone():
    signal = np.ones((4, 2, 5))
    signal[:, 1] = np.nan
    found, one = found_in(rows({}, signal))
    assert np.isnan(found[:, 1]).all()
    assert one.non_finite.tolist() == [0, 20]
    for kind in ("standard", "minmax", "none"):
        scaling = fit_scaling(one, kind)
        assert (scaling.offset[1], scaling.scale[1]) == (0, 1)


def test_long_windows_are_taken_a_few_at_a_time():
    windows = rows({}, np.random.default_rng(5).normal(size=(40, 2, 100)))
    with (
        mock.patch.object(statistics, "_VALUES", 1000),
        mock.patch.object(type(windows), "fetch", autospec=True, side_effect=type(windows).fetch) as fetch,
    ):
        found, _ = found_in(windows)
        refuse_non_finite(windows)
    assert max(len(call.args[1]) for call in fetch.call_args_list) == 5
    np.testing.assert_allclose(found[:4], by_numpy(windows.inputs["signal"].values)[:4], rtol=1e-12)


def test_the_profile_is_plain_numbers_by_channel():
    one = found_in(rows({}, [[[1.0, 2.0, 6.0], [0.0, 0.0, 0.0]]]))[1]
    profile = json.loads(json.dumps(one.as_dict(("a", "b"))))
    assert profile["a"] == pytest.approx(
        {"mean": 3, "sd": np.sqrt(14 / 3), "min": 1, "max": 6, "median": 2, "non_finite": 0}
    )
    assert profile["b"]["sd"] == 0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("standard", [[-1, 1], [0, 0], [-1, 1]]),
        ("minmax", [[0, 1], [0, 0], [0, 1]]),
        ("none", [[2, 6], [7, 7], [-1e-20, 1e-20]]),
    ],
)
def test_scaled_channels(kind, expected):
    values = np.array([[2.0, 7.0, -1e-20], [6.0, 7.0, 1e-20]])
    scaling = fit_scaling(found_in(rows({}, values))[1], kind)
    assert scaling.kind == kind
    scaled = (np.float32(values) - scaling.offset) / scaling.scale
    np.testing.assert_allclose(scaled.T, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("level", [0.0, 0.1, -273.15, 1e6, 1e-30])
@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_a_constant_channel_is_only_shifted(kind, level):
    with mock.patch.object(statistics, "_CHUNK", 7):
        scaling = fit_scaling(found_in(rows({}, np.full((50, 1, 33), level)))[1], kind)
    assert scaling.scale.tolist() == [1]
    assert scaling.offset == pytest.approx(float(np.float32(level)), rel=1e-12)


def test_the_scaling_does_not_know_the_windows_of_other_splits():
    signal = np.random.default_rng(6).normal(size=(10, 1, 4))
    train = np.array([0, 1, 4, 7])
    before = channel_statistics(rows({}, signal), train)["signal"]
    other = signal.copy()
    other[np.setdiff1d(np.arange(10), train)] = 1e9
    after = channel_statistics(rows({}, other), train)["signal"]
    for kind in ("standard", "minmax"):
        one, two = fit_scaling(before, kind), fit_scaling(after, kind)
        assert (one.offset, one.scale) == (two.offset, two.scale)
    changed = signal.copy()
    changed[4] += 1
    assert fit_scaling(channel_statistics(rows({}, changed), train)["signal"], "standard").offset != one.offset


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_not_finite_is_refused_by_channel_and_recording(value):
    signal = np.zeros((6, 2, 5))
    refuse_non_finite(rows({"g": list("aabbcc")}, signal, group="g"))
    signal[3, 1, 2:4] = value
    windows = rows({"g": list("aabbcc")}, signal, group="g")
    error = refused(lambda: refuse_non_finite(windows), "2 NaN or Inf", "'signal', channel '1', recording 'b'", "mask")
    assert error.check == "non-finite"


def test_numbers_per_row_are_looked_through_too():
    windows = rows({"g": list("ab")}, np.array([[0.0, 0.0], [0.0, np.nan]]), group="g")
    refused(lambda: refuse_non_finite(windows), "1 NaN or Inf", "channel '1', recording 'b'")


@pytest.mark.parametrize(("at", "found"), [(4, True), (5, False)])
def test_samples_that_are_only_forecast_are_looked_through_and_unused_ones_are_not(at, found):
    signal = np.zeros((1, 1, 6))
    signal[0, 0, at] = np.nan
    windows = rows({}, signal, horizon=1, window={"length": 4, "stride": 4})
    if found:
        refused(lambda: refuse_non_finite(windows), "1 NaN or Inf")
    else:
        refuse_non_finite(windows)


@pytest.mark.parametrize(("count", "size", "lengths"), [(7, 3, [3, 3, 1]), (6, 3, [3, 3]), (2, 3, [2]), (0, 3, [])])
def test_chunks_are_the_index_in_pieces(count, size, lengths):
    parts = list(chunks(np.arange(count), size))
    assert [len(part) for part in parts] == lengths
    assert [int(i) for part in parts for i in part] == list(range(count))


def test_missing_samples_count_in_nothing():
    signal = np.array([[[2.0, 4.0, 0.0]], [[6.0, 0.0, 0.0]]])
    windows = rows({"n": np.array([2, 1])}, signal, lengths="n")
    one = channel_statistics(windows, np.arange(2))["signal"]
    assert (one.mean[0], one.min[0], one.max[0], one.median[0], one.non_finite[0]) == (4.0, 2.0, 6.0, 4.0, 0)
    assert one.sd[0] == pytest.approx(np.std([2.0, 4.0, 6.0]))


def test_each_recording_has_its_own_scaling():
    signal = np.array([[[1.0, 3.0], [5.0, 5.0]], [[5.0, 7.0], [5.0, 5.0]], [[1e8, 1e8 + 16], [0.0, 1.0]]])
    windows = rows({"g": list("aab")}, signal, group="g")
    one = scale_recordings(windows, "signal")
    np.testing.assert_allclose(one.offset, [[4.0, 5.0], [1e8 + 8, 0.5]])
    np.testing.assert_allclose(one.scale, [[np.sqrt(5.0), 1.0], [8.0, 0.5]])  # 1, 3, 5, 7 about 4; constants are kept
