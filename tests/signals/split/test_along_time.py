"""Splits along time: the past trains, and no sample stands on two sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from polyhead.config.data import SplitOptions
from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.source import InputArray, Source
from polyhead.signals.split import NAMES, make_split

from ..cases import options, refused, rows, samples


def split(windows, **more):
    return make_split(windows, SplitOptions.model_validate({"by": "time"} | more), 0)


def timed(moments):
    """Rows that are windows, each of a moment."""
    return replace(rows({}, np.zeros((len(moments), 1))), time=np.array(moments))


def held(windows, index):
    """Every (row, sample) that the windows at `index` show or forecast."""
    filled = np.full(len(windows), windows.length) if windows.filled is None else windows.filled
    return {
        (int(windows.row[i]), position)
        for i in index
        for position in range(windows.start[i], windows.start[i] + filled[i] + windows.horizon)
    }


@given(
    counts=st.lists(st.integers(20, 60), min_size=1, max_size=4),
    length=st.integers(1, 6),
    stride=st.integers(1, 4),
    horizon=st.integers(0, 3),
    kind=st.sampled_from(["samples", "timed samples", "rows", "flat"]),
    strategy=st.sampled_from(["stride", "random"]),
)
@settings(max_examples=200, deadline=None)
def test_no_sample_stands_on_two_sides_and_the_past_trains(counts, length, stride, horizon, kind, strategy):
    group = np.repeat(np.arange(len(counts)), counts)
    window = {"length": length, "stride": stride} if strategy == "stride" else {"length": length}
    window |= {"strategy": strategy, "count": 15} if strategy == "random" else {}
    if kind == "rows":
        windows = rows({"g": np.arange(len(counts))}, np.zeros((len(counts), 1, 40)), horizon, group="g", window=window)
    elif kind == "flat":
        flat = {"signal": InputArray(np.zeros((sum(counts), 1)), ("0",), flat=True)}
        brought = Source(flat, {"g": np.arange(len(counts))}, extent=np.array(counts))
        windows = assemble(options(group="g", window=window), brought, horizon)
    else:
        columns = {"g": group, "t": np.concatenate([np.arange(n) * 0.5 + 7 * i for i, n in enumerate(counts)])}
        brought = Source({"signal": InputArray(np.zeros((len(group), 1)), ("0",))}, columns, sampled=True)
        timed = {"time": "t"} if kind == "timed samples" else {}
        windows = assemble(options(group="g", window=window, **timed), brought, horizon)
    try:
        found = split(windows, fractions=[0.5, 0.25, 0.25])
    except InputError:  # short recordings may leave a side empty, which is refused
        assume(False)
    sides = [held(windows, found[name]) for name in NAMES]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    for code in range(len(counts)):
        last = [windows.start[[i for i in found[name] if windows.recording[i] == code]] for name in NAMES]
        for earlier, later in ((0, 1), (1, 2), (0, 2)):
            assert not (len(last[earlier]) and len(last[later])) or last[earlier].max() < last[later].min()
    if windows.time is not None:
        moments = [windows.time[found[name]] for name in NAMES]
        assert moments[0].max() < moments[1].min() <= moments[1].max() < moments[2].min()
    assert found.left_out == len(windows) - sum(len(found[name]) for name in NAMES)


def test_windows_that_do_not_overlap_are_cut_by_their_fractions_and_none_is_left_out():
    found = split(samples(2, 2, np.zeros((40, 1)), {}), fractions=[0.5, 0.3, 0.2])
    assert [found[name].tolist() for name in NAMES] == [
        list(range(10)),
        list(range(10, 16)),
        list(range(16, 20)),
    ]
    assert (found.left_out, found.by, found.straddling) == (0, "time", 1)


def test_windows_that_reach_over_a_boundary_stand_nowhere():
    # starts 0 to 16 of 4 samples and 2 to forecast; 8 train, so samples up to 10 are past: starts 0 to 5 fit before 11
    windows = samples(4, 1, np.zeros((22, 1)), {}, horizon=2)
    found = split(windows, fractions=[8 / 17, 9 / 17, 0])
    assert found["train"].tolist() == [0, 1, 2, 3, 4, 5]
    assert found["val"].tolist() == [11, 12, 13, 14, 15, 16]
    assert found.left_out == 5


def test_moments_are_the_same_for_all_recordings():
    columns = {
        "g": np.repeat([0, 1, 2], 20),
        "t": np.concatenate([np.arange(20.0), np.arange(20.0) + 20, np.arange(20)]),
    }
    brought = Source({"x": InputArray(np.zeros((60, 1)), ("0",))}, columns, sampled=True)
    windows = assemble(options(group="g", time="t", window={"length": 1}), brought, 2)
    found = split(windows, fractions=[2 / 3, 1 / 6, 1 / 6])
    assert found.left_out == 2  # the last two of validation, which forecast into test; none where a recording ends
    assert [sorted(set(windows.recording[found[name]])) for name in NAMES] == [[0, 2], [1], [1]]
    assert found.straddling == 1


def test_windows_of_one_moment_stay_together():
    windows = timed([0.0, 1.0, 1.0, 1.0, 2.0, 3.0])
    found = split(windows, fractions=[0.5, 0.25, 0.25])  # 3 of 6 windows would cut the moment 1.0
    assert [found[name].tolist() for name in NAMES] == [[0], [1, 2, 3], [4, 5]]


def test_rows_without_time_stamps_are_in_the_order_of_the_file():
    found = split(rows({}, np.zeros((10, 1))), fractions=[0.6, 0.2, 0.2])
    assert [found[name].tolist() for name in NAMES] == [[0, 1, 2, 3, 4, 5], [6, 7], [8, 9]]


def test_each_recording_is_cut_along_its_own_samples_where_time_is_not_known():
    windows = samples(1, 1, np.zeros((30, 1)), {"g": np.repeat([0, 1], [10, 20])}, group="g")
    found = split(windows, fractions=[0.5, 0.3, 0.2])
    assert np.bincount(windows.recording[found["train"]]).tolist() == [5, 10]
    assert np.bincount(windows.recording[found["val"]]).tolist() == [3, 6]
    assert found.straddling == 2


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        (
            lambda: samples(8, 1, np.zeros((12, 1)), {}),
            "no window is left for (train|val|test) when recordings are cut",
        ),
        (lambda: timed([0.0, np.nan, 2.0]), "1 windows have no time"),
    ],
)
def test_what_cannot_be_cut_along_time_is_refused(windows, words):
    refused(lambda: split(windows()), words)
