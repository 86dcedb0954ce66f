"""Windows as they are fetched: raw values, any order, nothing shared with the source."""

from __future__ import annotations

import numpy as np
import pytest

from .cases import rows, samples

SIGNAL = np.random.default_rng(1).normal(500, 100, (4, 2, 12)).astype(np.float32)
CUT = {"length": 4, "stride": 2}


def kinds():
    table = SIGNAL.transpose(0, 2, 1).reshape(-1, 2)
    groups = np.repeat(np.arange(4), 12)
    return {
        "whole rows": rows({}, SIGNAL),
        "whole rows with a future": rows({}, SIGNAL, horizon=3),
        "cut rows": rows({}, SIGNAL, horizon=3, window=CUT),
        "samples": samples(4, 2, table, {"g": groups}, horizon=3, group="g"),
        "numbers": rows({}, SIGNAL[:, :, 0]),
    }


every_kind = pytest.mark.parametrize("kind", kinds())


@every_kind
def test_windows_come_in_the_order_asked_for_and_again_if_asked_again(kind):
    windows = kinds()[kind]
    index = np.array([len(windows) - 1, 0, 0, 2])
    one = windows.fetch(index)
    every = windows.fetch(np.arange(len(windows)))
    np.testing.assert_array_equal(one.inputs["signal"], every.inputs["signal"][index])
    for name, values in one.futures.items():
        np.testing.assert_array_equal(values, every.futures[name][index])


@every_kind
def test_a_batch_can_be_written_to_and_leaves_the_source_as_it_was(kind):
    windows = kinds()[kind]
    index = np.arange(len(windows))
    before = windows.fetch(index)
    spoilt = windows.fetch(index)
    for part in (*spoilt.inputs.values(), *spoilt.futures.values()):
        assert part.dtype == np.float32
        part *= 0
    np.testing.assert_array_equal(windows.fetch(index).inputs["signal"], before.inputs["signal"])
    assert before.inputs["signal"].any()


def test_writing_to_a_window_leaves_its_future_alone():
    batch = kinds()["cut rows"].fetch(np.array([0]))
    batch.inputs["signal"][:] = -1
    assert (batch.futures["signal"] > 0).all()


def test_windows_keep_their_amplitude():
    windows = kinds()["samples"]
    batch = windows.fetch(
        np.array([3 * 0 + 1])
    )  # the second window of the first recording: samples 2 to 5, then 6 to 8
    np.testing.assert_array_equal(batch.inputs["signal"][0], SIGNAL[0, :, 2:6])
    np.testing.assert_array_equal(batch.futures["signal"][0], SIGNAL[0, :, 6:9])


@pytest.mark.parametrize("value", [1e300, -1e300])
def test_what_is_too_large_for_single_precision_becomes_infinite(value):
    assert rows({}, np.full((1, 1, 3), value)).fetch(np.array([0])).inputs["signal"][0, 0, 0] == np.sign(value) * np.inf


@pytest.mark.parametrize(("length", "stride", "overlap"), [(4, 4, 0.0), (4, 6, 0.0), (4, 3, 0.25), (4, 1, 0.75)])
def test_the_overlap_is_the_shared_part_of_a_window(length, stride, overlap):
    assert rows({}, SIGNAL, window={"length": length, "stride": stride}).overlap == overlap


def test_numbers_have_no_overlap_and_no_time():
    windows = kinds()["numbers"]
    assert (windows.overlap, windows.timed) == (0.0, ())
