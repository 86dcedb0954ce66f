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
    order = np.argsort(score, kind="stable")
    is_positive = positive[order]
    ranked = score[order]
    tie_starts = np.flatnonzero(np.concatenate([[True], ranked[1:] > ranked[:-1]]))

    def auroc(weight: NDArray[np.float64]) -> float:
        sorted_weight = weight[order]
        positives = np.add.reduceat(np.where(is_positive, sorted_weight, 0.0), tie_starts)
        negatives = np.add.reduceat(np.where(is_positive, 0.0, sorted_weight), tie_starts)
        pairs = positives.sum() * negatives.sum()
        if pairs == 0:
            return float("nan")
        negatives_below = np.cumsum(negatives) - 0.5 * negatives
        # einsum, not @: see residuals.r2_statistic.
        return float(np.einsum("t,t->", positives, negatives_below) / pairs)

    return auroc


def auroc(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve with every window counted once; NaN with one class absent."""
    return auroc_statistic(positive, score)(np.ones(len(score)))


def average_precision(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Sum of precision times gain in recall over descending thresholds, without interpolation."""
    from sklearn.metrics import average_precision_score  # here, because its import costs a second

    return float(average_precision_score(positive, score))
