"""Inputs that tell a target without measuring anything: copies, affine images, and ranks of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.proposal.kinds import TargetKind, known

_SAME = 1 - 1e-9  # |correlation| of columns that are one and the same but for unit and rounding
_RANKS = 0.999  # |rank correlation| from which one column is a function of the other
_ROWS = 5000  # that are compared
_LEAST = 50  # rows; fewer can be in the same order by chance, or because a calibration is that good


def restates(column: NDArray[Any], target: NDArray[Any], kind: TargetKind) -> bool:
    """Whether a column of numbers alone tells a target, on every row that has both."""
    both = np.flatnonzero(known(column) & known(target))
    both = both[:: max(1, len(both) // _ROWS)]
    if len(both) < 3:
        return False
    if kind == "regression":
        return _in_step(column[both], target[both])
    return len(both) >= _LEAST and _cut_by_thresholds(column[both], target[both])


def known_by_class(column: NDArray[Any], target: NDArray[Any]) -> bool:
    """Whether a column is missing throughout some classes and known throughout the others."""
    here = known(target)
    there = known(column)[here]
    if there.all() or not there.any() or len(there) < _LEAST:
        return False
    codes = np.unique(target[here], return_inverse=True)[1]
    share = np.bincount(codes, weights=there) / np.bincount(codes)
    return bool(np.all((share == 0) | (share == 1)))


def in_step_within(column: NDArray[Any], target: NDArray[Any], groups: NDArray[Any]) -> bool:
    """Whether a column follows a quantity from row to row throughout every recording, as a clock does remaining life.

    Only the signs of steps are compared: one way round within each recording."""
    step, other = np.diff(column), np.diff(target)
    inside = (groups[1:] == groups[:-1]) & np.isfinite(step) & np.isfinite(other)
    product = np.sign(step[inside]) * np.sign(other[inside])
    if len(product) < _LEAST:
        return False
    return float(max(np.mean(product > 0), np.mean(product < 0))) > _RANKS


def repeats(column: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two columns of numbers are equal on every row that has both."""
    both = known(column) & known(other)
    return bool(both.any() and np.array_equal(known(column), known(other)) and np.all(column[both] == other[both]))


def _in_step(column: NDArray[Any], target: NDArray[Any]) -> bool:
    if np.ptp(column) == 0 or np.ptp(target) == 0:
        return False
    if abs(_correlation(column, target)) > _SAME:
        return True
    return len(column) >= _LEAST and abs(_correlation(_ranks(column), _ranks(target))) > _RANKS


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    one, other = one / np.abs(one).max(), other / np.abs(other).max()  # so that no square leaves float64
    spread = float(np.std(one) * np.std(other))
    return float(np.mean((one - one.mean()) * (other - other.mean()))) / spread if spread else 0.0


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Ranks, equal values sharing their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], dtype=np.float64)


def _cut_by_thresholds(column: NDArray[Any], target: NDArray[Any]) -> bool:
    """Whether each class has a range of the column to itself."""
    classes = np.unique(target)
    if len(classes) < 2:
        return False
    ranges = sorted((float(column[target == one].min()), float(column[target == one].max())) for one in classes)
    return all(ranges[i][1] < ranges[i + 1][0] for i in range(len(ranges) - 1))
