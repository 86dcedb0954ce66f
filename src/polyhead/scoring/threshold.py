"""The threshold that turns a score into yes or no."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WITHOUT_CHOICE = 0.5
"""The threshold where the labels cannot tell one from another: the more probable answer wins."""


def choose_threshold(truth: NDArray[np.generic], score: NDArray[np.generic]) -> float:
    """The threshold of largest F1; `score >= threshold` then means yes.

    `truth` (n,) of 0 and 1 and `score` (n,), probabilities, are the known windows of the validation split. F1 only
    changes at a score that occurs, so the threshold lies in the middle of the gap between two neighbouring scores
    (below the lowest: between it and 0). Of several cuts with the same F1 the one with the widest gap is taken,
    then the highest. With one class absent, or a score not finite, every cut is as good as another: .5.
    """
    if truth.shape != score.shape or truth.ndim != 1:
        raise ValueError(f"truth and score have shape (window,), found {truth.shape} and {score.shape}")
    values = score.astype(np.float64)
    positives = int(np.sum(truth == 1))
    if positives in (0, len(truth)) or not np.isfinite(values).all():
        return WITHOUT_CHOICE
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    last_of_tie = np.flatnonzero(np.append(ranked[:-1] > ranked[1:], True))
    true_positives = np.cumsum(truth[order] == 1)[last_of_tie]
    # F1 = 2 TP / (positives + predicted positives): one division of integers, so equal F1 are equal floats.
    f1 = 2 * true_positives / (positives + last_of_tie + 1)
    upper = ranked[last_of_tie]
    lower = np.append(upper[1:], min(0.0, upper[-1]))
    best = np.flatnonzero(f1 == f1.max())
    cut = best[np.argmax((upper - lower)[best])]
    middle = 0.5 * (lower[cut] + upper[cut])
    # Between neighbouring floats there is no middle: rounding down would let the lower score in.
    return float(middle if middle > lower[cut] else upper[cut])


def choose_thresholds(truth: NDArray[np.generic], score: NDArray[np.generic]) -> list[float]:
    """The threshold of largest F1 of each label, chosen on its own, from truth and score (n, label)."""
    if truth.shape != score.shape or truth.ndim != 2:
        raise ValueError(f"truth and score have shape (window, label), found {truth.shape} and {score.shape}")
    return [choose_threshold(truth[:, label], score[:, label]) for label in range(truth.shape[1])]
