"""Marks: each window takes those of its own samples, from tables and from rows, and knows when one is missing."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.signals import marks as cutting
from polyhead.signals.assembly import assemble
from polyhead.signals.split import make_split

from .cases import options, refused, rows, samples, source

MARKS = {"span": {"key": "m", "axes": ["window", "time"]}}
TABLE = np.array([0, 0, 1, 1, 0, 0, 0, 1, 0, 0])
SIGNAL = np.arange(10.0)[:, None]


def table(column=TABLE, target=None, horizon=0, **window):
    made = {"length": 4, "stride": 3} | window
    columns = {"m": column, "r": np.repeat([0, 1], 5)}
    targets = {"span": MARKS["span"] | (target or {})}
    return assemble(options(targets=targets, window=made), source({"signal": SIGNAL}, columns, sampled=True), horizon)


def in_rows(column, **data):
    return rows({"m": column}, np.zeros((2, 1, 5)), targets=MARKS, **({"window": {"length": 3, "stride": 2}} | data))


def test_windows_of_a_table_take_their_own_samples():
    windows = table()
    found = windows.targets["span"]
    assert found.values.tolist() == [[0, 0, 1, 1], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert found.values.tolist() == [TABLE[int(one[0, 0]) :][:4].tolist() for one in signals(windows)]
    assert (found.marks, found.mask.all(), found.values.dtype) == (True, True, np.int8)


def signals(windows):
    return windows.fetch(np.arange(len(windows))).inputs["signal"]


def test_what_follows_the_window_is_no_mark_of_it():
    assert table(horizon=2).targets["span"].values.tolist() == [[0, 0, 1, 1], [1, 0, 0, 0]]


@pytest.mark.parametrize("window", [{"least": 2}, {"length": 12, "short": "mask"}])
def test_samples_that_are_missing_hold_no_mark(window):
    windows = table(**window)
    present = windows.fetch(np.arange(len(windows))).present
    assert present is not None
    values = windows.targets["span"].values
    assert not values[~present].any()
    for marks, signal, real in zip(values, signals(windows), present, strict=True):
        assert marks[real].tolist() == TABLE[signal[0, real].astype(int)].tolist()


def test_a_table_whose_recordings_are_mixed_keeps_its_marks():
    order = np.random.default_rng(0).permutation(10)
    columns = {"m": TABLE[order], "r": np.repeat([0, 1], 5)[order]}
    made = samples(2, 2, SIGNAL[order], columns, targets=MARKS, group="r")
    expected = [TABLE[one[0].astype(int)].tolist() for one in signals(made)]
    assert made.targets["span"].values.tolist() == expected


def test_windows_of_rows_are_cut_like_the_signal():
    marks = np.array([[0, 1, 1, 0, 0], [1, 0, 0, 0, 1]])
    assert in_rows(marks).targets["span"].values.tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    "column", [np.where(np.arange(10) == 5, np.nan, TABLE), np.where(np.arange(10) == 5, -1, TABLE)]
)
def test_a_window_with_an_unknown_sample_is_unknown(column):
    target = table(column, {"missing": [-1]}).targets["span"]
    assert target.mask.tolist() == [True, False, True]
    assert target.values.dtype == np.int8
    taken = target.take(np.array([2, 1]))
    assert (taken.marks, taken.mask.tolist()) == (True, [True, False])


def test_a_missing_sample_is_not_an_unknown_one():
    """Windows that lack samples begin at the first one and are unknown with it; those behind it are known."""
    column = np.where(np.arange(10) == 0, np.nan, TABLE)
    windows = table(column, least=2, stride=1)
    begins = windows.start.tolist()
    assert windows.targets["span"].mask.tolist() == [begin > 0 for begin in begins]
    assert begins[:3] == [0, 0, 0]


def test_many_windows_are_cut_piece_by_piece(monkeypatch):
    whole = table(stride=1).targets["span"].values
    monkeypatch.setattr(cutting, "_VALUES", 8)
    assert table(stride=1).targets["span"].values.tolist() == whole.tolist()


def test_other_numbers_stay_what_they_are():
    assert table(TABLE * 2.5).targets["span"].values[0].tolist() == [0, 0, 2.5, 2.5]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: in_rows(np.zeros((2, 4), int)), ["'m' has shape \\(2, 4\\)", "one value per sample: \\(2, 5\\)"]),
        (lambda: in_rows(np.zeros(2, int)), ["'m' has shape \\(2,\\)", "one value per sample"]),
        (lambda: table(np.zeros((10, 2), int)), ["'m' has shape \\(10, 2\\)", "one value per sample: \\(10,\\)"]),
        (lambda: table(target={"column": 0}), ["column 0 asked for, but 'm' has shape \\(10,\\)"]),
        (lambda: table(np.array(list("ab" * 5))), ["'m' holds text, marks are numbers"]),
        (lambda: rows({"m": [0, 1]}, targets=MARKS), ["no input has a time axis"]),
    ],
)
def test_what_has_no_value_for_each_sample_is_refused(made, words):
    assert refused(made, *words).where.startswith("data.targets.span")


def test_stratified_by_marks_windows_with_a_span_are_spread_evenly():
    marks = np.zeros((40, 5), int)
    marks[::5, 2] = 1
    windows = rows({"m": marks}, np.zeros((40, 1, 5)), targets=MARKS)
    by = {"stratify": ["span"], "fractions": [0.5, 0.25, 0.25]}
    found = make_split(windows, options(split=by).split, 0)
    assert [int(marks[found[side]].sum()) for side in found.names] == [4, 2, 2]


@pytest.mark.parametrize("axes", [["time"], ["time", "window"], ["window", "window"], []])
def test_other_axes_are_refused(axes):
    with pytest.raises(ValueError, match="axes"):
        options(targets={"span": {"key": "m", "axes": axes}})
