"""Codes: the distinct among many values by number, in time that hardly grows with their kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.windows import Index

_AT_A_TIME = 2**20  # values


def coded(values: NDArray[Any]) -> tuple[NDArray[Any], Index]:
    """(distinct values in order, the number of each value's own). Faster than an inverse of `np.unique`, which sorts
    all values, where few are distinct."""
    distinct = np.unique(values)
    return distinct, np.searchsorted(distinct, values).astype(np.int64)


def coded_runs(values: NDArray[Any]) -> tuple[NDArray[Any], Index]:
    """As `coded`, of values that come in runs: only the first of each is compared with others, so that a column mapped
    from the disk is never in memory whole."""
    heads = [np.zeros(min(1, len(values)), np.int64)]
    for first in range(0, len(values) - 1, _AT_A_TIME):
        here, after = values[first : first + _AT_A_TIME], values[first + 1 : first + 1 + _AT_A_TIME]
        heads.append(np.flatnonzero(here[: len(after)] != after) + first + 1)
    runs = np.concatenate(heads)
    distinct, codes = coded(values[runs])
    return distinct, np.repeat(codes, np.diff(np.append(runs, len(values))))


def dense(codes: Index) -> tuple[Index, int]:
    """Non-negative `codes` renumbered in their order, without gaps, and how many there are."""
    size = int(codes.max(initial=-1)) + 1
    if size > 4 * len(codes) + 1000:  # a table of all possible codes would be the larger work
        distinct, inverse = np.unique(codes, return_inverse=True)
        return inverse.astype(np.int64), len(distinct)
    present = np.zeros(size, bool)
    present[codes] = True
    number = np.cumsum(present) - 1
    return number[codes], int(np.count_nonzero(present))
