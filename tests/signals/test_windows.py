"""Windows as they are fetched: raw values, any order, nothing shared with the source."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from polyhead.signals.assembly import assemble
from polyhead.signals.source import InputArray, Source
from polyhead.signals.windows import WindowSet

from .cases import options, refused, rows, samples

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


def stretched(counts: list[int], horizon: int = 0, **keys: Any) -> WindowSet:
    """One flat channel that counts 1, 2, 3, ... over stretches of so many samples, and a known number per stretch."""
    signal = np.arange(1, sum(counts) + 1, dtype=np.float32)[:, None]
    known = np.arange(len(counts), dtype=np.float32)[:, None]
    inputs = {"signal": InputArray(signal, ("x",), flat=True), "known": InputArray(known, ("load",))}
    columns = {"y": np.arange(len(counts))}
    return assemble(options(**keys), Source(inputs, columns, extent=np.array(counts)), horizon)


def test_stretches_of_different_lengths_are_cut_each_within_itself():
    windows = stretched([5, 3], window={"length": 2, "stride": 2})
    batch = windows.fetch(np.arange(3))
    assert batch.inputs["signal"].tolist() == [[[1, 2]], [[3, 4]], [[6, 7]]]
    assert batch.inputs["known"].tolist() == [[0], [0], [1]]
    assert batch.present is None
    assert windows.targets["y"].values.tolist() == [0, 0, 1]
    assert [windows.recordings[i] for i in windows.recording] == ["0", "0", "1"]


def test_what_is_missing_stands_at_the_front_and_holds_zero():
    windows = stretched([6, 3], horizon=1, window={"length": 4, "stride": 4, "short": "mask"})
    batch = windows.fetch(np.array([1, 0]))
    assert batch.inputs["signal"].tolist() == [[[0, 0, 7, 8]], [[1, 2, 3, 4]]]
    assert batch.futures["signal"].tolist() == [[[9]], [[5]]]
    assert batch.present is not None
    assert batch.present.tolist() == [[False, False, True, True], [True] * 4]


def test_padding_of_rows_is_never_read():
    signal = np.array([[[1.0, 2, 3, 4]], [[5, 6, np.nan, np.nan]]])
    windows = rows({"n": np.array([4, 2])}, signal, lengths="n")
    batch = windows.fetch(np.arange(2))
    assert batch.inputs["signal"].tolist() == [[[1, 2, 3, 4]], [[0, 0, 5, 6]]]
    assert batch.present is not None
    assert batch.present.tolist() == [[True] * 4, [False, False, True, True]]


@pytest.mark.parametrize("wrong", [[4, 0], [4, 5], [4, 1.5]])
def test_lengths_that_cannot_be_are_refused(wrong):
    refused(lambda: rows({"n": np.array(wrong)}, np.zeros((2, 1, 4)), lengths="n"), "whole numbers from 1 to 4")


def test_a_shift_moves_a_window_as_far_as_its_stretch_goes():
    windows = stretched([6, 4], window={"length": 3, "stride": 3})  # starts 0, 3 and 6
    index, shift = np.array([0, 0, 1, 2, 2]), np.array([2, -1, 5, -9, 1])
    moved = windows.fetch(index, shift).inputs["signal"][:, 0]
    assert moved[:, 0].tolist() == [3, 1, 4, 7, 8]


@pytest.mark.parametrize(
    ("keys", "kept"), [({"select": {"y": [1]}}, [6, 8]), ({"select": {"y": {"max": 0}}}, [1, 3]), ({}, [1, 3, 6, 8])]
)
def test_only_selected_stretches_are_cut(keys, kept):
    windows = stretched([5, 4], window={"length": 2, "stride": 2}, **keys)
    assert windows.fetch(np.arange(len(windows))).inputs["signal"][:, 0, 0].tolist() == kept


def test_a_part_of_a_recording_of_samples_is_not_selected():
    def cut():
        columns = {"g": list("aabb"), "day": [1, 1, 1, 2]}
        return samples(2, 2, np.zeros((4, 1)), columns, group="g", select={"day": [1]})

    refused(cut, "selects 1 of 2 samples of recording 'b'", "constant within a recording")
