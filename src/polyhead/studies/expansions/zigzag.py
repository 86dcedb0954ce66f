"""The zigzag of a series of bars as it was known at each bar: the last swings, and the leg since.

What is known at a bar is fixed there: a swing is stored when a later bar confirms it, at that bar, and no bar is looked
at before its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError

Array = NDArray[np.float64]

RETRACE = 1.2
"""A close this many true ranges from the leg's extreme confirms it as a swing."""
FRESH_BARS = 5
"""So does a high or low, while the extreme is at most this many bars old ..."""
FRESH_RETRACE = 0.5
"""... this many true ranges from it. A wide bar so confirms the extreme that it has set itself."""


class Swings(NamedTuple):
    """What is known at each bar, (bar,): price and bar of the last swing high and low, (NaN, -1) before the first, and
    the direction of the present leg, 1 up, -1 down, 0 before there is one."""

    high: Array
    high_at: NDArray[np.int64]
    low: Array
    low_at: NDArray[np.int64]
    leg: Array


def zigzag(high: Array, low: Array, close: Array, true_range: Array) -> Swings:
    """The swings of bars, arrays (bar,), given the average true range at each; 0 confirms nothing.

    The first leg begins at the second bar and goes up. A swing's bar is that of its price, not the one that confirmed
    it, which starts the next leg at its other end. Raises InputError without numba.
    """
    count = len(close)
    found = Swings(
        np.empty(count), np.empty(count, np.int64), np.empty(count), np.empty(count, np.int64), np.empty(count)
    )
    parts = [np.ascontiguousarray(one, dtype=np.float64) for one in (high, low, close, true_range)]
    _compiled()(*parts, *found, RETRACE, FRESH_BARS, FRESH_RETRACE)
    return found


@cache
def _compiled() -> Callable[..., None]:
    """The pass as machine code, made at its first call in a process."""
    try:
        from numba import njit
    except ModuleNotFoundError as error:
        do = "pip install 'polyhead[expansions]'"
        raise InputError("numba is not installed", where="features of price bars", do=do) from error
    compiled: Callable[..., None] = njit(nogil=True)(_pass)
    return compiled


def _pass(
    high: Array,
    low: Array,
    close: Array,
    true_range: Array,
    tops: Array,
    top_at: NDArray[np.int64],
    bottoms: Array,
    bottom_at: NDArray[np.int64],
    legs: Array,
    retrace: float,
    fresh_bars: int,
    fresh_retrace: float,
) -> None:
    # numba compiles this in half the time where the arrays are there already
    top, bottom, extreme = np.nan, np.nan, np.nan
    at_top, at_bottom, since, leg = -1, -1, -1, 0
    for i in range(len(close)):
        if leg == 0:
            if i == 1:
                extreme, since, leg = high[i], i, 1
        else:
            # in a leg down all is mirrored: its extreme is a low, and what comes back is a high
            reached, back = (high[i], low[i]) if leg == 1 else (low[i], high[i])
            if leg * (reached - extreme) > 0:
                extreme, since = reached, i
            closed = leg * (extreme - close[i]) >= retrace * true_range[i]
            touched = i - since <= fresh_bars and leg * (extreme - back) >= fresh_retrace * true_range[i]
            if true_range[i] > 0 and (closed or touched):
                if leg == 1:
                    top, at_top = extreme, since
                else:
                    bottom, at_bottom = extreme, since
                extreme, since, leg = back, i, -leg
        tops[i], top_at[i], bottoms[i], bottom_at[i], legs[i] = top, at_top, bottom, at_bottom, leg
