"""Bars: what is refused, with its row, and what is told of those that pass."""

from __future__ import annotations

import re

import numpy as np
import pytest

from polyhead.errors import InputError
from polyhead.studies.expansions.bars import Bars, bars_of_closes, check_bars, cut, gaps, longest_pause, split_ratios

# open, high, low, close of three good bars
GOOD = [[10.0, 12.0, 9.0, 11.0], [11.0, 11.5, 10.0, 10.5], [10.5, 10.5, 10.5, 10.5]]


def bars(prices, time=None):
    table = np.array(prices, dtype=float)
    return Bars(np.arange(len(table)) * 60.0 if time is None else np.array(time, dtype=float), *table.T)


def test_good_bars_pass_and_one_without_range_is_good():
    check_bars(bars(GOOD), np.arange(1, 4), "x.csv")


# what is put in the second bar, and what is said
REFUSED = [
    ([11, 9.5, 10, 10.5], "row 8: high 9.5 is below low 10 at 1970-01-01T00:01:00; correct it or leave the row out"),
    ([12, 11.5, 10, 10.5], "row 8: open 12 lies outside low 10 and high 11.5 at 1970-01-01T00:01:00; correct it"),
    ([9.9, 11.5, 10, 10.5], "row 8: open 9.9 lies outside low 10 and high 11.5"),
    ([11, 11.5, 10, 11.6], "row 8: close 11.6 lies outside"),
    ([11, 11.5, 10, 9.9], "row 8: close 9.9 lies outside"),
    ([np.nan, 11.5, 10, 10.5], "row 8: open is empty or infinite"),
    ([11, np.inf, 10, 10.5], "row 8: high is empty or infinite"),
    ([11, 11.5, 0, 10.5], "row 8: low is not above 0"),
    ([-11, -10, -12, -11], "row 8: open is not above 0"),
]


@pytest.mark.parametrize(("bar", "said"), REFUSED)
def test_what_cannot_be_a_bar_is_refused_with_its_row_in_the_file(bar, said):
    refused(bars([GOOD[0], bar, GOOD[2]]), said)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ([0, 0, 60], "row 8: has the time of the row before"),
        ([0, 60, 30], "row 10: is earlier than the row before; sort the file by time"),
        ([0, np.nan, 60], "row 8: time is empty"),
        ([60, 30, 0], r"row 8: is earlier than the row before \(2 such rows\)"),
    ],
)
def test_times_that_do_not_rise_are_refused(time, said):
    refused(bars(GOOD, time), said)


def refused(series, said):
    with pytest.raises(InputError) as caught:
        check_bars(series, np.array([5, 8, 10]), "x.csv")  # of a file that holds other series as well
    assert re.search(said, caught.value.line), caught.value.line
    assert caught.value.line.startswith("x.csv: ")


# the close before, the open, what it suggests; AAPL of 2000-06-21, 2005-02-28, 2014-06-09 and 2020-08-31 from LEAN's
# sample data, and of 2000-09-29, when it fell by half for reasons of its own
@pytest.mark.parametrize(
    ("close", "opening", "said"),
    [
        (101.25, 50.5, "2:1"),
        (88.97, 44.67, "2:1"),
        (645.57, 92.69, "7:1"),
        (499.23, 127.68, "4:1"),
        (53.5, 28.19, ""),
        (100, 100, ""),
        (100, 80, ""),  # 5 for 4 or a bad night: not told apart
        (100, 66.7, "3:2"),
        (10, 99, "1:10"),  # reverse
        (100, 52, ""),
    ],
)
def test_an_open_that_looks_like_a_split_is_told(close, opening, said):
    pair = bars([[close] * 4, [opening] * 4])
    assert split_ratios(pair).tolist() == ["", said]


def test_gaps_count_in_the_usual_step():
    # Monday to Friday, a weekend, and a holiday after it: in days
    days = np.array([0, 1, 2, 3, 4, 7, 9, 10]) * 86400
    np.testing.assert_allclose(gaps(bars([GOOD[0]] * 8, days)), [1, 1, 1, 1, 1, 3, 2, 1])


@pytest.mark.parametrize(("step", "most"), [(60, 7 * 86400), (86400, 10 * 86400), (7 * 86400, 70 * 86400)])
def test_a_pause_is_a_hole_after_a_week_and_ten_steps(step, most):
    assert longest_pause(bars([GOOD[0]] * 4, np.array([0, 1, 2, 99999]) * step)) == most


def test_one_bar_has_no_gap_and_no_split():
    one = bars(GOOD[:1])
    check_bars(one, np.array([1]), "x.csv")
    assert gaps(one).tolist() == [1]
    assert split_ratios(one).tolist() == [""]
    assert cut(one, np.array([True])) == [slice(0, 1)]


def test_a_series_is_cut_before_the_bars_named():
    pieces = cut(bars(GOOD), np.array([True, False, True]))
    assert pieces == [slice(0, 2), slice(2, 3)]


def test_bars_of_closes_open_at_the_close_before():
    made = bars_of_closes(np.arange(8.0), np.array([5.0, 6, 4, 7, 9, 8, 10, 1]), 3)
    assert made.time.tolist() == [3, 6]
    assert [price.tolist() for price in made.prices] == [[5, 7], [7, 10], [4, 7], [7, 10]]
    assert len(bars_of_closes(np.arange(2.0), np.array([5.0, 6]), 3)) == 0


def test_a_million_bars_are_looked_at_in_a_moment():
    count = 1_000_000
    close = 100 * np.exp(np.random.default_rng(0).normal(0, 1e-3, count).cumsum())
    opening = np.concatenate([close[:1], close[:-1]])
    series = Bars(np.arange(count) * 60.0, opening, np.maximum(opening, close), np.minimum(opening, close), close)
    check_bars(series, np.arange(1, count + 1), "x.csv")
    assert not (split_ratios(series) != "").any()
    assert (gaps(series) == 1).all()
