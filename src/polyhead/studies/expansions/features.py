"""Twelve features of price bars, each known at its own bar: the bar's shape, its range, the swings before it.

From the write-up: https://github.com/HeinekenBottle/moola. None has a price's unit. Of a whole series, not of a window:
what came before the window is known within it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.studies.expansions.zigzag import zigzag

Array = NDArray[np.float64]

NAMES = (
    "open_norm",
    "close_norm",
    "body_pct",
    "upper_wick_pct",
    "lower_wick_pct",
    "range_z",
    "dist_to_prev_SH",
    "dist_to_prev_SL",
    "bars_since_SH_norm",
    "bars_since_SL_norm",
    "expansion_proxy",
    "consol_proxy",
)
BARS = 105
"""Of the write-up's windows."""
WARM_UP = 15
"""Bars of a series before its averages have settled."""
EPS = 1e-6
"""Least range, in the price's unit, that anything is divided by."""
ALPHA = 2 / 21
"""Of the exponential average of ranges: that of 20 bars."""
ATR_BARS = 10


def features(open: Array, high: Array, low: Array, close: Array, *, window: int = BARS) -> NDArray[np.float32]:
    """Features (bar, 12) of a series of bars, arrays (bar,) with low <= open, close <= high; `window` is the number of
    bars that the age of a swing is counted in.

    In order: open, close (0 to 1) and body (-1 to 1) within the bar's range, wicks (0 to 1); range over its average (0
    to 3); distance of the close below the last swing high and above the last swing low in average true ranges (-3 to
    3), and their age (0 to 3), 0 before there is one; range times body along the present leg (-2 to 2); calm: small
    range, small body, old swings (0 to 3). Raises InputError without numba.
    """
    open, high, low, close = (np.asarray(one, dtype=np.float64) for one in (open, high, low, close))
    spread = high - low
    scale = np.maximum(spread, EPS)
    body = (close - open) / scale
    upper, lower = (high - np.maximum(open, close)) / scale, (np.minimum(open, close) - low) / scale
    wide = np.minimum(spread / np.maximum(_average(spread), EPS), 3)
    true_range = atr(high, low, close)
    swings = zigzag(high, low, close, true_range)
    unit, bar = np.maximum(true_range, EPS), np.arange(len(close))
    below, above = (
        np.clip(np.nan_to_num(distance / unit), -3, 3) for distance in (swings.high - close, close - swings.low)
    )
    since_high, since_low = (
        np.where(at >= 0, np.minimum((bar - at) / window, 3), 0) for at in (swings.high_at, swings.low_at)
    )
    push = np.clip(wide * swings.leg * body, -2, 2)
    calm = np.clip((1 - wide / 3) * (1 - np.abs(body)) * (since_high + since_low) / 2, 0, 3)
    shape = [(open - low) / scale, (close - low) / scale, body, upper, lower, wide]
    columns = [*shape, below, above, since_high, since_low, push, calm]
    return np.stack(columns, axis=1, dtype=np.float32, casting="same_kind")


def atr(high: Array, low: Array, close: Array, bars: int = ATR_BARS) -> Array:
    """Average true range (bar,) in the price's unit: the mean over the last `bars` bars, fewer at the beginning.

    A true range reaches from the close before, where that lies outside the bar; the first bar has none before it.
    """
    high, low, close = (np.asarray(one, dtype=np.float64) for one in (high, low, close))
    before = np.concatenate([low[:1], close[:-1]])
    true_range = np.maximum(high, before) - np.minimum(low, before)
    padded = np.concatenate([np.zeros(bars - 1), true_range])
    # each sum on its own: a running one would carry the rounding of a wide bar into flat bars long after it
    sums: Array = np.lib.stride_tricks.sliding_window_view(padded, bars).sum(axis=1)
    return sums / np.minimum(np.arange(1, len(close) + 1), bars)


def _average(values: Array) -> Array:
    """Exponential average (bar,), the first value where it begins."""
    from scipy.signal import lfilter

    averaged: Array = lfilter([ALPHA], [1, ALPHA - 1], values, zi=(1 - ALPHA) * values[:1])[0]
    return averaged
