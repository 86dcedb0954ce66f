"""Runs of marked bars against scipy's labelling of connected bars; the longest one; overlap."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import find_objects, label
from sklearn.metrics import jaccard_score

from polyhead.config.tasks import MarksTaskOptions
from polyhead.scoring.spans import MARKED, hits, longest, overlap, runs, spans_of

MARKS = arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=st.integers(0, 1))


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([0, 0, 0, 0], []),
        ([0, 1, 1, 0], [[1, 2]]),
        ([1, 1, 1, 1], [[0, 3]]),
        ([1, 0, 1, 1], [[0, 0], [2, 3]]),  # both edges: counted as seen, cut at the window
        ([1], [[0, 0]]),
    ],
)
def test_runs_by_hand(marks, expected):
    found = runs(np.array(marks))
    assert found.tolist() == expected
    assert found.shape == (len(expected), 2)


@settings(max_examples=100, deadline=None)
@over(marks=MARKS)
def test_spans_of_windows_are_the_connected_bars_of_each(marks):
    found = spans_of(marks)
    expected = [
        [window, bars.start, bars.stop - 1]
        for window, row in enumerate(marks)
        for (bars,) in find_objects(label(row)[0])
    ]
    assert np.column_stack([found.window, found.bounds]).tolist() == expected
    assert (found.windows, len(found)) == (len(marks), len(expected))


def test_the_longest_is_the_first_of_equals_and_minus_one_where_there_is_none():
    marks = np.array([[0, 0, 0, 0, 0, 0], [1, 0, 1, 1, 0, 0], [1, 1, 0, 1, 1, 0], [0, 1, 0, 0, 0, 1]])
    assert longest(marks).tolist() == [[-1, -1], [2, 3], [0, 1], [1, 1]]
    assert longest(np.zeros((0, 4), dtype=int)).shape == (0, 2)


def test_marks_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(window, bar\), found \(2, 3, 4\)"):
        spans_of(np.zeros((2, 3, 4)))


@settings(max_examples=50, deadline=None)
@over(ends=arrays(np.int64, (2, 2), elements=st.integers(0, 15)))
def test_overlap_is_the_jaccard_score_of_the_bars(ends):
    one, other = np.sort(ends, axis=1)
    bar = np.arange(16)
    masks = [(first <= bar) & (bar <= last) for first, last in (one, other)]
    assert overlap(one[None], other[None]) == pytest.approx([jaccard_score(*masks)])


def test_a_span_that_ends_before_it_starts_overlaps_nothing():
    assert overlap(np.array([[4.0, 6.0], [3.0, 3.0]]), np.array([[6.5, 5.0], [3.5, 2.5]])).tolist() == [0.0, 0.0]


def test_both_ends_hit_within_three_bars():
    one = np.array([[10, 20], [10, 20], [10, 20], [10.0, 20]])
    other = np.array([[13, 17], [14, 20], [10, 16], [13.25, 20]])
    assert hits(one, other).tolist() == [True, False, False, False]


def test_the_kinds_on_marks_are_those_whose_options_read_marks():
    kinds = {get_args(one.model_fields["kind"].annotation)[0] for one in MarksTaskOptions.__subclasses__()}
    assert set(MARKED) == kinds
