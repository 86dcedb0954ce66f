"""From arrays to windows: which samples a window holds, what follows it, which recording and label it has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.signals.assembly import assemble
from polyhead.signals.source import InputArray, Source

from .cases import options, refused, rows, samples, source


def naive(values, groups, length, stride, horizon):
    """(recording, window, future, last sample) by plain loops over a table of samples."""
    found = []
    for group in sorted(set(groups)):
        at = [i for i, other in enumerate(groups) if other == group]
        for start in range(0, len(at) - length - horizon + 1, stride):
            window, future = at[start : start + length], at[start + length : start + length + horizon]
            found.append((group, values[window].T, values[future].T, window[-1]))
    return found


@st.composite
def tables(draw):
    length, stride, horizon = draw(st.integers(1, 5)), draw(st.integers(1, 7)), draw(st.integers(0, 3))
    counts = draw(st.lists(st.integers(length + horizon, length + horizon + 9), min_size=1, max_size=4))
    groups = draw(st.permutations([group for group, count in enumerate(counts) for _ in range(count)]))
    return groups, length, stride, horizon


@given(tables())
@settings(max_examples=150, deadline=None)
def test_windows_of_a_table_are_those_of_a_plain_loop_and_never_cross_recordings(table):
    groups, length, stride, horizon = table
    values = np.random.default_rng(len(groups)).normal(scale=1e3, size=(len(groups), 2)).astype(np.float32)
    label = np.arange(len(groups))
    windows = samples(length, stride, values, {"y": label, "g": groups}, horizon, group="g", targets={"y": "y"})
    order = np.argsort(windows.recording, kind="stable")  # recordings that lie together keep the file's order
    batch = windows.fetch(order)
    wanted = naive(values, groups, length, stride, horizon)
    assert [windows.recordings[code] for code in windows.recording[order]] == [str(group) for group, *_ in wanted]
    np.testing.assert_array_equal(batch.inputs["signal"], [window for _, window, _, _ in wanted])
    assert windows.targets["y"].values[order].tolist() == [last for *_, last in wanted]
    assert windows.columns["y"][order].tolist() == [last for *_, last in wanted]
    if horizon:
        np.testing.assert_array_equal(batch.futures["signal"], [future for _, _, future, _ in wanted])
    else:
        assert batch.futures == {}


@given(
    count=st.integers(1, 4),
    length=st.integers(1, 6),
    stride=st.integers(1, 8),
    horizon=st.integers(0, 3),
    spare=st.integers(0, 9),
)
@settings(max_examples=150, deadline=None)
def test_windows_within_rows_are_those_of_a_plain_loop(count, length, stride, horizon, spare):
    available = length + horizon + spare
    signal = np.random.default_rng(available).normal(scale=1e3, size=(count, 2, available))
    windows = rows({"y": np.arange(count)}, signal, horizon, window={"length": length, "stride": stride})
    batch = windows.fetch(np.arange(len(windows)))
    starts = [(row, start) for row in range(count) for start in range(0, spare + 1, stride)]
    assert list(zip(windows.row.tolist(), windows.start.tolist(), strict=True)) == starts
    wanted = [signal[row, :, start : start + length] for row, start in starts]
    np.testing.assert_array_equal(batch.inputs["signal"], np.float32(wanted))
    assert windows.targets["y"].values.tolist() == [row for row, _ in starts]
    if horizon:
        after = [signal[row, :, start + length : start + length + horizon] for row, start in starts]
        np.testing.assert_array_equal(batch.futures["signal"], np.float32(after))


def test_left_out_a_row_is_one_window_less_what_is_forecast():
    signal = np.arange(24.0).reshape(2, 1, 12)
    windows = rows({"y": [0, 1]}, signal, horizon=3)
    batch = windows.fetch(np.array([1]))
    assert (windows.length, windows.horizon, len(windows)) == (9, 3, 2)
    assert batch.inputs["signal"].tolist() == [[list(range(12, 21))]]
    assert batch.futures["signal"].tolist() == [[[21, 22, 23]]]


def test_numbers_per_row_need_no_window():
    windows = rows({"y": [5, 6, 7]}, horizon=4)
    assert (len(windows), windows.length, windows.horizon, windows.timed) == (3, 0, 0, ())
    assert windows.fetch(np.array([2, 0])).inputs["signal"].tolist() == [[2], [0]]


def test_numbers_known_per_row_stand_beside_every_window_of_the_row():
    brought = source({"signal": np.zeros((2, 1, 6)), "known": [[1.0, 10.0], [2.0, 20.0]]})
    windows = assemble(options(window={"length": 2, "stride": 2}), brought, 0)
    assert windows.timed == ("signal",)
    assert windows.fetch(np.arange(6)).inputs["known"].tolist() == [[1, 10]] * 3 + [[2, 20]] * 3


@pytest.mark.parametrize(
    ("data", "names", "codes"),
    [
        ({}, ("0", "1", "2", "3"), [0, 1, 2, 3]),
        ({"group": "g"}, ("a", "b"), [1, 0, 0, 1]),
        ({"group": "n"}, ("2", "10"), [1, 0, 1, 0]),
        ({"group": {"consecutive": 3}}, ("block-000", "block-001"), [0, 0, 0, 1]),
    ],
    ids=["every row", "text", "numbers by size", "neighbours"],
)
def test_recordings_of_rows(data, names, codes):
    windows = rows({"g": ["b", "a", "a", "b"], "n": [10.0, 2.0, 10.0, 2.0]}, **data)
    assert tuple(windows.recordings) == names
    assert windows.recording.tolist() == codes


@pytest.mark.parametrize(
    ("data", "names", "codes"),
    [
        ({}, ("all",), [0, 0, 0]),
        ({"group": {"consecutive": 3}}, ("block-000", "block-001"), [0, 1]),
        ({"group": "g"}, ("a", "b"), [0, 1]),
    ],
)
def test_recordings_of_samples(data, names, codes):
    windows = samples(2, 2, np.zeros((6, 1)), {"g": ["b", "a"] * 3}, **data)
    assert tuple(windows.recordings) == names
    assert windows.recording.tolist() == codes


@pytest.mark.parametrize(("column", "row"), [(["a", "", "a"], 2), ([np.nan, 1, 1], 1)])
def test_a_row_without_a_recording_is_refused(column, row):
    refused(lambda: rows({"g": column}, group="g"), "1 rows name no recording in 'g'", f"row {row}")


@pytest.mark.parametrize(("length", "horizon", "fits"), [(9, 0, True), (10, 0, True), (11, 0, False), (8, 3, False)])
def test_windows_longer_than_rows_are_refused_with_the_length_that_fits(length, horizon, fits):
    window = {"length": length, "stride": 1}

    def cut():
        return rows({"y": [0]}, np.zeros((1, 1, 10)), horizon, window=window)

    if fits:
        assert len(cut()) == 11 - length
    else:
        error = refused(cut, f"window {length} . horizon {horizon} samples exceed", f"length: {10 - horizon} or less")
        assert error.check == "window-contract"


def test_a_recording_shorter_than_a_window_is_refused_by_name():
    columns = {"g": ["long"] * 9 + ["short"] * 4}
    assert len(samples(4, 4, np.zeros((13, 1)), columns, group="g")) == 3
    error = refused(
        lambda: samples(4, 4, np.zeros((13, 1)), columns, horizon=1, group="g"), "'short' has 4 samples", "length: 3"
    )
    assert error.check == "window-contract"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ([0, 1, 2, 0, 1, 2], None),
        ([0, 1, 2, 0, 2, 2], r"recording 'b', at its row 3 \(2\)"),
        ([0, 2, 1, 0, 1, 2], r"recording 'a', at its row 3 \(1\)"),
        ([0, np.nan, 2, 0, 1, 2], r"recording 'a', at its row 2 \(nan\)"),
        (["x"] * 6, "expected seconds"),
    ],
)
def test_time_increases_within_a_recording(time, words):
    def cut():
        return samples(2, 1, np.zeros((6, 1)), {"g": list("aaabbb"), "t": time}, group="g", time="t")

    if words:
        refused(cut, words)
    else:
        assert len(cut()) == 4


@pytest.mark.parametrize(
    ("given_hz", "column", "expected"),
    [(None, None, 8.0), (50, None, 50.0), ("fs", [100, 100], 100.0)],
)
def test_the_sampling_rate_is_the_one_that_is_written(given_hz, column, expected):
    columns = {"fs": np.array(column)} if column else {}
    brought = Source({"x": InputArray(np.zeros((2, 1, 4)), ("0",))}, columns, sampling_hz=8.0)
    assert assemble(options(sampling_hz=given_hz), brought, 0).sampling_hz == expected


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([100.0, 200.0], "differ in sampling rate: 100, 200 Hz"),
        (["fast", "fast"], "holds 'fast', expected a rate in Hz"),
        ([0.0, 0.0], "holds '0', expected a rate in Hz"),
        ([np.nan, np.nan], "holds 'nan', expected a rate in Hz"),
    ],
)
def test_one_positive_sampling_rate_is_expected(column, words):
    refused(lambda: rows({"fs": column}, sampling_hz="fs"), words)


@pytest.mark.parametrize(
    ("inputs", "columns", "data", "words"),
    [
        ({}, {}, {}, "no inputs"),
        ({"x": np.zeros((3, 1))}, {"y": [1, 2]}, {}, "input 'x' has 3, column 'y' has 2"),
        ({"x": np.zeros((3, 1)), "z": np.zeros((2, 1))}, {}, {}, "input 'x' has 3, input 'z' has 2"),
        ({"x": np.zeros((3, 1, 5)), "z": np.zeros((3, 1, 4))}, {}, {}, "differ in samples per row"),
        ({"x": np.zeros((3, 1))}, {}, {"window": {"length": 2, "stride": 1}}, "no input has a time axis"),
        ({"x": np.zeros((0, 1))}, {}, {}, "holds no rows"),
        ({"x": np.zeros((3, 1))}, {"unit": [1, 2, 3]}, {"group": "uint"}, "no column 'uint'; did you mean 'unit'"),
        ({"x": np.zeros((3, 1))}, {}, {"split": {"by": "bearing"}}, "no column 'bearing'.*there are none"),
        ({"x": np.zeros((3, 1))}, {}, {"targets": {"rul": "life"}}, "data.targets.rul: no column 'life'"),
        ({"x": np.zeros((3, 1))}, {"g": np.zeros((3, 2))}, {"group": "g"}, r"'g' has shape \(3, 2\)"),
    ],
)
def test_data_that_break_the_contract_are_refused(inputs, columns, data, words):
    refused(lambda: assemble(options(**data), source(inputs, columns), 0), words)


def test_samples_need_windows():
    brought = source({"x": np.zeros((3, 1))}, sampled=True)
    refused(lambda: assemble(options(), brought, 0), "a row is one sample in time", "window: {length")


def test_every_column_is_a_target_where_none_is_named():
    windows = rows({"y": [1.0, np.nan], "word": ["a", ""]})
    assert {name: target.mask.tolist() for name, target in windows.targets.items()} == {
        "y": [True, False],
        "word": [True, False],
    }
