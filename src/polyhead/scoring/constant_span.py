"""The one span that fits the training windows best: what a predictor reaches that never looks at a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.spans import Bounds

Span = tuple[int, int]
"""First and last bar, inclusive."""


def marked(bounds: Bounds, bars: int) -> NDArray[np.int64]:
    """How many of the spans (span, 2) mark each bar: (bars,)."""
    first = np.bincount(bounds[:, 0], minlength=bars + 1)
    after = np.bincount(bounds[:, 1] + 1, minlength=bars + 1)
    return np.asarray(np.cumsum(first - after)[:bars])


def best_by_bars(positives: NDArray[np.int64], windows: int) -> Span:
    """The span of largest F1 over all bars of the windows, where `positives` (bar,) of them are marked.

    All spans are tried, by sums up to each bar. Among equals the first to start, then the shortest.
    """
    bars = len(positives)
    up_to = np.concatenate([[0], np.cumsum(positives)])
    first, after = np.arange(bars)[:, None], np.arange(1, bars + 1)[None, :]
    right = up_to[after] - up_to[first]
    f1 = 2 * right / (up_to[-1] + windows * np.maximum(after - first, 1))
    return _argmax(f1, after > first)


def best_by_overlap(bounds: Bounds, bars: int) -> Span:
    """The span that overlaps the most of these spans (span, 2) by a tIoU of at least .5.

    No two spans of one window reach .5 with the same third one (they would have to share its bars without a gap), so
    that the number of overlaps is the number of matches. For a given first bar s, a span [a, b] is reached by the
    last bars of one stretch about b; the stretches are added up. Among equals as in `best_by_bars`.
    """
    spans, count = np.unique(bounds, axis=0, return_counts=True)
    a, b = spans[:, 0], spans[:, 1]
    length = b - a + 1
    matches = np.zeros((bars, bars), dtype=np.int64)
    for s in range(bars):
        # last bar e <= b: 2 shared >= either; e > b: likewise. Both bounds in whole numbers.
        low = np.where(s <= a, a - 1 + (b - s + 2) // 2, s - 1 + (length + 1) // 2)
        high = np.where(s <= a, s - 1 + 2 * length, a - 1 + 2 * (b - s + 1))
        reached = low <= b  # never where s > b: half a span on from there is beyond b
        begins = np.bincount(low[reached], count[reached], bars + 1)
        ends = np.bincount(np.minimum(high[reached] + 1, bars), count[reached], bars + 1)
        matches[s] = np.cumsum(begins - ends)[:bars]
    return _argmax(matches, np.triu(np.ones((bars, bars), dtype=bool)))


def _argmax(value: NDArray[np.generic], allowed: NDArray[np.bool_]) -> Span:
    first, last = np.unravel_index(int(np.argmax(np.where(allowed, value, -1))), value.shape)
    return int(first), int(last)
