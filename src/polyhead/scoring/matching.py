"""Which predicted span answers which true one: one to one within a window, optimal over the window.

A greedy matcher takes the best pair first and may leave two spans without a partner that could both have had one
(Kuhn, Naval Research Logistics Quarterly 2, 1955, for the assignment problem; solved here by scipy).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.spans import Bounds, Spans


@dataclass(frozen=True)
class Pairs:
    """Every true span with every predicted one of its window: indices (pair,) into both lists, by window and true span.

    `window` (pair,) is ascending; `true_bounds` and `pred_bounds` are (pair, 2).
    """

    true: NDArray[np.int64]
    pred: NDArray[np.int64]
    window: NDArray[np.int64]
    true_bounds: Bounds
    pred_bounds: Bounds

    def __len__(self) -> int:
        return len(self.window)


def pairs_of(true: Spans, pred: Spans) -> Pairs:
    """All pairs of a true and a predicted span in the same window."""
    low = np.searchsorted(pred.window, true.window, side="left")
    count = np.searchsorted(pred.window, true.window, side="right") - low
    of_true = np.repeat(np.arange(len(true)), count)
    within = np.arange(len(of_true)) - np.repeat(np.cumsum(count) - count, count)
    of_pred = np.repeat(low, count) + within
    return Pairs(of_true, of_pred, true.window[of_true], true.bounds[of_true], pred.bounds[of_pred])


def most(fits: NDArray[np.bool_], pairs: Pairs) -> int:
    """The largest number of pairs that fit, each span in one pair at most; `fits` (pair,)."""
    contested = fits & ((_uses(pairs.true, fits) > 1) | (_uses(pairs.pred, fits) > 1))
    open_windows = np.isin(pairs.window, pairs.window[contested])
    sure = int(np.sum(fits & ~open_windows))
    return sure + int(np.sum(fits[cheapest(1 - fits.astype(np.float64), pairs, open_windows)]))


def cheapest(cost: NDArray[np.float64], pairs: Pairs, among: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The pairs, by index, of the one-to-one assignment of least total cost in each window; `cost` (pair,).

    As many pairs a window as the rarer of its true and predicted spans. `among` (pair,) leaves out whole windows.
    """
    index = np.arange(len(pairs)) if among is None else np.flatnonzero(among)
    window, first, size = np.unique(pairs.window[index], return_index=True, return_counts=True)
    true_spans = 1 + pairs.true[index[first + size - 1]] - pairs.true[index[first]] if len(window) else size
    single = (true_spans == 1) | (true_spans == size)
    ranked = np.lexsort((cost[index], pairs.window[index]))  # the windows in place, the cheapest pair of each first
    chosen = [index[ranked[first[single]]]]
    if not single.all():
        from scipy.optimize import linear_sum_assignment  # here, because its import costs half a second

        for start, number, rows in zip(first[~single], size[~single], true_spans[~single], strict=True):
            table = cost[index[start : start + number]].reshape(rows, -1)
            row, column = linear_sum_assignment(table)
            chosen.append(index[start + row * table.shape[1] + column])
    return np.concatenate(chosen)


def _uses(span: NDArray[np.int64], fits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """In how many pairs that fit the span of each pair stands: (pair,)."""
    return np.bincount(span[fits], minlength=int(span.max(initial=-1)) + 1)[span]
