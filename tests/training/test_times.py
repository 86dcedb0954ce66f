"""Times of predicted spans: bars with gaps, windows that lack bars at their front, spans that are not there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from polyhead.scoring.prediction import Prediction
from polyhead.signals.windows import WindowSet
from polyhead.tasks.countdown import Countdown
from polyhead.tasks.pointers import Pointers
from polyhead.tasks.span import Span
from polyhead.tasks.task import Task
from polyhead.training.times import times_of_span, times_of_windows

STAMPS = np.array([10, 20, 30, 70, 80, 95, 100, 200])
INDEX = np.array([1, 0])


def windows() -> WindowSet:
    """Two windows of four bars: bars 0 to 3 and 4 to 7."""
    start, empty = np.array([0, 4]), np.zeros(2, np.int64)
    return WindowSet({}, {}, {}, ("a",), empty, empty, start, start, 4, 0, 4, True, None, stamps=STAMPS)


def of(kind: type[Task]) -> Task:
    return cast(Task, kind.__new__(kind))


def predicted(pred: object) -> Prediction:
    values = np.asarray(pred)
    return cast(Prediction, SimpleNamespace(pred=values))


def test_times_of_windows_are_those_of_their_first_and_last_bar() -> None:
    found = times_of_windows(windows(), INDEX)
    assert {name: values.tolist() for name, values in found.items()} == {
        "time_first": [80, 10],
        "time_last": [200, 70],
    }


def test_a_window_that_lacks_bars_begins_with_the_first_that_is_there() -> None:
    """Of window 0 bar 1 and later are missing at the front: its two bars are places 2 and 3."""
    short = replace(windows(), filled=np.array([2, 4]))
    found = times_of_windows(short, INDEX)
    assert (found["time_first"].tolist(), found["time_last"].tolist()) == ([80, 10], [200, 20])
    ends = times_of_span(of(Pointers), short, INDEX, predicted([[0.0, 3.0], [2.0, 3.0]]))
    assert ends["time"].tolist() == [[80, 200], [10, 20]]


def test_pointers_have_the_time_of_the_nearest_bar() -> None:
    found = times_of_span(of(Pointers), windows(), INDEX, predicted([[0.6, 2.4], [-3.0, 9.0]]))
    assert found["time"].tolist() == [[95, 100], [10, 70]]


def test_spans_have_the_times_of_their_longest_run() -> None:
    found = times_of_span(of(Span), windows(), INDEX, predicted([[1, 0, 1, 1], [0, 0, 0, 0]]))["time"]
    np.testing.assert_array_equal(found, [[100, 200], [np.nan, np.nan]])


@pytest.mark.parametrize("kind", [Pointers, Span])
def test_without_times_there_are_no_columns(kind: type[Task]) -> None:
    pred = [[0, 1, 1, 0]] * 2 if kind is Span else [[1.0, 2.0]] * 2
    assert times_of_span(of(kind), replace(windows(), stamps=None), INDEX, predicted(pred)) == {}
    assert times_of_windows(replace(windows(), stamps=None), INDEX) == {}


def test_a_countdown_has_no_span() -> None:
    assert times_of_span(of(Countdown), windows(), INDEX, predicted(np.zeros((2, 4)))) == {}
