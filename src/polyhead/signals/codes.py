"""Codes: the distinct among many values by number, in time that hardly grows with their kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.windows import Index


def coded(values: NDArray[Any]) -> tuple[NDArray[Any], Index]:
    """(distinct values in order, the number of each value's own). Faster than an inverse of `np.unique`, which sorts
    all values, where few are distinct."""
    distinct = np.unique(values)
    return distinct, np.searchsorted(distinct, values).astype(np.int64)


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
