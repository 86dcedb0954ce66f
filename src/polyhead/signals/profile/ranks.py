"""How strongly two columns go together, whatever their units: on ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.windows import Index

_LEAST = 3  # pairs, below which two columns always go together


def midranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[inverse])


def spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Spearman's correlation of two finite columns, 0 where one is constant or there are fewer than three values."""
    if len(a) < _LEAST:
        return 0.0
    x, y = midranks(a), midranks(b)
    x, y = x - x.mean(), y - y.mean()
    size = np.sqrt((x @ x) * (y @ y))
    return float(np.clip(x @ y / size, -1, 1)) if size > 0 else 0.0


def correlation_ratio(values: NDArray[np.float64], group: Index) -> float:
    """Square root of the share of the variance of the values' ranks that lies between groups, in [0, 1]."""
    if len(values) < _LEAST:
        return 0.0
    rank = midranks(values)
    rank -= rank.mean()
    count, total = np.bincount(group), np.bincount(group, weights=rank)
    between = (total**2 / np.maximum(count, 1)).sum()
    all_ = rank @ rank
    return float(np.sqrt(min(between / all_, 1.0))) if all_ > 0 else 0.0
