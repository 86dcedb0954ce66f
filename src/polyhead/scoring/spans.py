"""Spans: the runs of marked bars in windows, each as its first and last bar, both inclusive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bounds = NDArray[np.int64]
"""(span, 2): first and last bar, inclusive."""

ON_A_SPAN = ("pointers", "countdown")
"""Kinds of task on the longest span of a window."""
MARKED = ("span", *ON_A_SPAN)
"""Kinds of task that read marks, one for each sample of a window."""
HIT = 3
"""Bars by which each end may be off in `hit_3`."""


@dataclass(frozen=True)
class Spans:
    """The spans of several windows: `window` (span,) ascending, `bounds` (span, 2); `windows` counts also the empty."""

    window: NDArray[np.int64]
    bounds: Bounds
    windows: int

    def __len__(self) -> int:
        return len(self.window)

    @property
    def length(self) -> NDArray[np.int64]:
        """Bars of each span: (span,)."""
        return self.bounds[:, 1] - self.bounds[:, 0] + 1


def spans_of(marks: NDArray[np.generic]) -> Spans:
    """The runs of 1 in `marks` (window, bar) of 0 and 1, by window and then by bar; one at an edge ends there."""
    if marks.ndim != 2:
        raise ValueError(f"marks have shape (window, bar), found {marks.shape}")
    windows, bars = marks.shape
    edges = np.zeros((windows, bars + 2), dtype=np.int8)
    edges[:, 1:-1] = marks == 1
    steps = np.diff(edges, axis=1).ravel()  # as many in each row as there are bars, and one more
    first, after = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    window = first // (bars + 1)
    start = window * (bars + 1)
    return Spans(window, np.stack([first - start, after - start - 1], axis=1), windows)


def runs(marks: NDArray[np.generic]) -> Bounds:
    """The runs of 1 in one window's `marks` (bar,): (run, 2) first and last bar, inclusive."""
    return spans_of(np.asarray(marks)[None]).bounds


def longest(marks: NDArray[np.generic]) -> Bounds:
    """The longest run of 1 of each window of `marks` (window, bar), the first of equals: (window, 2), -1 where none."""
    spans = spans_of(marks)
    found = np.full((spans.windows, 2), -1, dtype=np.int64)
    if not len(spans):
        return found
    bars = marks.shape[1]
    heads = np.flatnonzero(np.diff(spans.window, prepend=-1))
    best = np.maximum.reduceat(spans.length * bars + bars - 1 - spans.bounds[:, 0], heads)  # longest, then earliest
    first = bars - 1 - best % bars
    found[spans.window[heads]] = np.stack([first, first + best // bars - 1], axis=1)
    return found


def hits(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Whether both ends are off by `HIT` bars at most, of two lists of bounds (pair, 2): (pair,)."""
    off = np.abs(np.subtract(one, other, dtype=np.float64))
    return np.asarray((off <= HIT).all(axis=1))


def overlap(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.float64]:
    """Bars in both spans over bars in either, tIoU, of two lists of bounds (pair, 2): (pair,).

    Bounds may be fractions of a bar; a span that ends before it starts has no bars and overlaps nothing.
    """
    a, b = one.astype(np.float64), other.astype(np.float64)
    sizes = [np.maximum(bounds[:, 1] - bounds[:, 0] + 1, 0) for bounds in (a, b)]
    shared = np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0]) + 1
    shared = np.where((sizes[0] > 0) & (sizes[1] > 0), np.maximum(shared, 0), 0)
    return np.asarray(shared / np.maximum(sizes[0] + sizes[1] - shared, np.finfo(np.float64).tiny))
