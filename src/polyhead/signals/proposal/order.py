"""What the order of rows tells: recordings that come in runs, columns that count on, series in time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.proposal.kinds import is_text, is_whole

_MINUTES = 59  # most that an hour, minute or second of a clock can be
_SAME_WAY = 0.999  # of the steps of a column that counts on; a clock may be set once
_MOSTLY = 0.67  # of rows or recordings; two feeds of one thing may stand below each other
_FOLLOWING = 0.5  # correlation of neighbouring rows from which they are taken for a series


def runs(groups: NDArray[Any] | None, rows: int) -> NDArray[np.int64]:
    """Where runs of equal values begin; row 0 alone where there are no recordings."""
    if groups is None:
        return np.zeros(1, np.int64)
    return np.concatenate([[0], 1 + np.flatnonzero(groups[1:] != groups[:-1])]).astype(np.int64)


def counts_on(column: NDArray[Any], groups: NDArray[Any] | None) -> bool:
    """Whether a column rises from row to row of a recording, or falls throughout, but for one step in a thousand."""
    if is_text(column) or not np.isfinite(column).all():
        return False
    step = np.diff(column)
    inside = np.ones(len(step), bool)
    inside[runs(groups, len(column))[1:] - 1] = False
    step = step[inside]
    # half of the rows must have a neighbour: one row per recording always "rises"
    return 2 * len(step) >= len(column) and float(max(np.mean(step > 0), np.mean(step < 0))) >= _SAME_WAY


def is_panel(column: NDArray[Any], others: list[NDArray[Any]]) -> bool:
    """Whether a whole number stands in one run per value, within which another column counts anew."""
    if not is_whole(column) or not np.isfinite(column).all():
        return False
    starts = runs(column, len(column))
    if not 4 <= len(starts) <= len(column) // 4 or len(starts) != len(np.unique(column)):
        return False
    return any(counts_on(other, column) and not counts_on(other, None) for other in others)


def clock(columns: dict[str, NDArray[Any]]) -> list[str]:
    """The leading columns that together count time as hour, minute, second and a part of it do."""
    names = list(columns)
    for count in range(3, min(5, len(names)) + 1):
        leading = [columns[name] for name in names[:count]]
        if not all(is_whole(one) and np.all((one >= 0) & (one <= _MINUTES)) for one in leading[:-1]):
            return []
        if is_text(leading[-1]) or not np.isfinite(np.stack(leading)).all():
            return []
        if any(np.any(one[:-1][np.diff(one) < 0] < _MINUTES - 1) for one in leading[1:-1]):
            return []  # what begins anew before the hour or minute is over counts something else
        table = np.stack(leading, axis=1)
        step = np.diff(table, axis=0)
        first = np.argmax(step != 0, axis=1)
        if np.all(step[np.arange(len(step)), first] > 0):
            return names[:count]
    return []


def follows(column: NDArray[Any]) -> bool:
    """Whether neighbouring rows resemble each other, as samples of a series do."""
    values = column[np.isfinite(column)]
    if len(values) < 20 or np.std(values[1:]) == 0 or np.std(values[:-1]) == 0:
        return False
    return bool(np.corrcoef(values[1:], values[:-1])[0, 1] > _FOLLOWING)


def one_per_row(column: NDArray[Any], groups: NDArray[Any] | None) -> bool:
    """Whether hardly any value occurs twice within a recording, as dates of a series do not."""
    recordings = np.zeros(len(column), np.int64) if groups is None else np.unique(groups, return_inverse=True)[1]
    pairs = np.stack([np.unique(column, return_inverse=True)[1], recordings])
    return bool(np.unique(pairs, axis=1).shape[1] >= _MOSTLY * len(column))


def constant_within(column: NDArray[Any], groups: NDArray[Any]) -> bool:
    """Whether nearly every recording has one value only."""
    pairs = np.stack([np.unique(column, return_inverse=True)[1], np.unique(groups, return_inverse=True)[1]])
    count = np.bincount(np.unique(pairs, axis=1)[1])
    return float(np.mean(count == 1)) >= _MOSTLY
