"""When a predicted span begins and ends: bars have gaps, so that its place in the window does not tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.prediction import Prediction
from polyhead.scoring.spans import longest
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import Task
from polyhead.tasks.pointers import Pointers
from polyhead.tasks.span import Span

Times = dict[str, NDArray[np.float64]]
"""Columns of times, as `data.time` has them, by name."""


def times_of_windows(windows: WindowSet, index: Index) -> Times:
    """`time_first` and `time_last` (window,) of each window's first and last real sample; nothing where samples have
    no time."""
    ends = np.broadcast_to([0, windows.length - 1], (len(index), 2))
    times = windows.times(index, ends)
    return {} if times is None else {"time_first": times[:, 0], "time_last": times[:, 1]}


def times_of_span(task: Task, windows: WindowSet, index: Index, one: Prediction) -> Times:
    """`time` (window, 2) of the first and last sample that the task predicts to be of the span: of `pointers` the
    nearest to each end, of `span` those of its longest run, NaN where none is marked. Nothing for other kinds, and
    where samples have no time."""
    if isinstance(task, Pointers):
        ends = np.clip(np.rint(one.pred), 0, windows.length - 1).astype(np.int64)
    elif isinstance(task, Span):
        ends = longest(one.pred)
    else:
        return {}
    times = windows.times(index, np.maximum(ends, 0))
    return {} if times is None else {"time": np.where(ends >= 0, times, np.nan)}
