"""What counts as classes, and what is a quantity under the name of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.windows import Index

_MOST_CLASSES = 1000  # data sets of signals have a few dozen; more is a quantity
_MOST_FRACTIONS = 50  # sizes and settings such as 0.007, 0.014 and 0.021 are classes
_FEW = 10  # are classes even where each stands in one unit only


def is_quantity(distinct: NDArray[Any], codes: Index, unit: Index) -> bool:
    """Whether values are a quantity rather than classes: `distinct` (value,), the number `codes` (window,) of each
    window's own, and the recording or other `unit` (window,) that a window belongs to.

    More than 1000 values are; so are fractions of which there are more than 50, or more than 10 and most of them in one
    unit only.
    """
    if len(distinct) > _MOST_CLASSES:
        return True
    if distinct.dtype.kind != "f" or len(distinct) <= _FEW:
        return False
    fractions = int(np.count_nonzero(distinct != np.floor(distinct)))
    if not 0 < fractions <= _MOST_FRACTIONS:
        return fractions > 0
    one = np.empty(len(distinct), np.int64)
    one[codes] = unit  # any of the units that a value stands in
    elsewhere = np.bincount(codes[unit != one[codes]], minlength=len(distinct))
    return bool(2 * np.count_nonzero(elsewhere == 0) > len(distinct))
