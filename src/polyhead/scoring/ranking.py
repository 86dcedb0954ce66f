"""How well a score ranks positives above negatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.kind import Statistic


def auroc_statistic(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Statistic:
    """Area under the ROC curve of `positive` (n,) by `score` (n,), as a function of weights; NaN with one class absent.

    The Mann-Whitney form: the weighted share of (positive, negative) pairs in the right order, ties counted half
    (Hanley and McNeil 1982). Sorted once, so that each of many weightings costs one pass.
    """
    positives, negatives = (_ascending(side, score) for side in (positive, ~positive))
    ranked = score[negatives]
    below = np.searchsorted(ranked, score[positives], side="left")
    not_above = np.searchsorted(ranked, score[positives], side="right")

    def auroc(weight: NDArray[np.float64]) -> float:
        of_positives = weight[positives]
        up_to = np.concatenate([[0.0], np.cumsum(weight[negatives])])  # weight of the first 0, 1, ... negatives
        pairs = of_positives.sum() * up_to[-1]
        if pairs == 0:
            return float("nan")
        # einsum, not @: see residuals.r2_statistic.
        return float(np.einsum("p,p->", of_positives, up_to[below] + up_to[not_above]) / (2 * pairs))

    return auroc


def auroc(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve with every window counted once; NaN with one class absent."""
    return auroc_statistic(positive, score)(np.ones(len(score)))


def _ascending(side: NDArray[np.bool_], score: NDArray[np.float64]) -> NDArray[np.intp]:
    """The windows of one side, by ascending score."""
    windows = np.flatnonzero(side)
    return windows[np.argsort(score[windows], kind="stable")]


def average_precision(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Sum of precision times gain in recall over descending thresholds, without interpolation."""
    from sklearn.metrics import average_precision_score  # here, because its import costs a second

    return float(average_precision_score(positive, score))
