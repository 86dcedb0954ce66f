"""Price bars: open, high, low and close over time, and what is refused of them.

What does not pass as bars is refused with its row; what may be right but matters is told by functions of its own, for
the reader to act on: splits, gaps in time, bars without a range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Truth = NDArray[np.bool_]

SPLITS = (*((new, 1) for new in (*range(2, 11), 15, 20, 25, 50, 100)), (3, 2), (5, 2), (4, 3))
"""New shares for old ones; the reverse is a reverse split. A smaller one, 5 for 4 or a stock dividend, looks like a gap
overnight."""
SPLIT_NEAR = 0.03
"""Most that the ratio of an open to the close before may be off a split's: prices move over a night as well."""
HOLE_STEPS, HOLE_S = 10.0, 7 * 86400.0
"""Both are exceeded where data are missing: exchanges have been shut for a week, and weekly bars are further apart."""


@dataclass(frozen=True)
class Bars:
    """One series. `time` (bar,) in s since 1970, UTC where the zone is known, prices (bar,)."""

    time: Array
    open: Array
    high: Array
    low: Array
    close: Array

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, part: slice) -> Bars:
        return Bars(self.time[part], *(price[part] for price in self.prices))

    @property
    def prices(self) -> tuple[Array, Array, Array, Array]:
        """Open, high, low, close."""
        return self.open, self.high, self.low, self.close


def check_bars(bars: Bars, rows: Rows, where: str) -> None:
    """Refuse what cannot be bars. `rows` (bar,) are their rows in the file `where`, counted from 1.

    Raises InputError for the first row whose price is empty, infinite or not above 0, whose high is below its low,
    whose open or close lies outside them, or whose time is that of the bar before, or earlier.
    """
    for name, price in zip(("open", "high", "low", "close"), bars.prices, strict=True):
        _refuse(~np.isfinite(price), f"{name} is empty or infinite", rows, where, "leave the row out")
        _refuse(price <= 0, f"{name} is not above 0", rows, where, "leave the row out")

    def crossed(at: int) -> str:
        return f"high {bars.high[at]:.10g} is below low {bars.low[at]:.10g}{_when(bars, at)}"

    either = "correct it or leave the row out, or if the columns are mixed up, name the right ones in data.columns"
    _refuse(bars.high < bars.low, crossed, rows, where, either)
    for name, price in (("open", bars.open), ("close", bars.close)):

        def outside(at: int, name: str = name, price: Array = price) -> str:
            low, high = bars.low[at], bars.high[at]
            return f"{name} {price[at]:.10g} lies outside low {low:.10g} and high {high:.10g}{_when(bars, at)}"

        _refuse((price < bars.low) | (price > bars.high), outside, rows, where, either)
    _refuse(~np.isfinite(bars.time), "time is empty", rows, where, "leave the row out")
    step = np.concatenate([[1.0], np.diff(bars.time)])
    apart = "or name every column that tells series apart in data.columns.symbol"
    _refuse(step == 0, "has the time of the row before", rows, where, f"leave one of the two out, {apart}")
    _refuse(step < 0, "is earlier than the row before", rows, where, f"sort the file by time, {apart}")


def _refuse(wrong: Truth, what: str | Callable[[int], str], rows: Rows, where: str, do: str) -> None:
    if wrong.any():
        at = int(wrong.argmax())
        others = f" ({wrong.sum()} such rows)" if wrong.sum() > 1 else ""
        said = what if isinstance(what, str) else what(at)
        raise InputError(f"row {rows[at]}: {said}{others}", where=where, do=do)


def _when(bars: Bars, at: int) -> str:
    return f" at {np.datetime64(int(bars.time[at]), 's')}" if np.isfinite(bars.time[at]) else ""


def split_ratios(bars: Bars) -> NDArray[np.str_]:
    """Per bar (bar,) the split that its open suggests, such as `2:1` for two new shares for an old one, '' for none.

    The ratio of the close before to the open then lies near a simple fraction, 4:3 or more, or 3:4 or less. A market
    can jump as far on its own: it is a suspicion.
    """
    found = np.full(len(bars), "", dtype="<U6")
    if len(bars) < 2:
        return found
    ratio = np.concatenate([[1.0], bars.close[:-1] / bars.open[1:]])
    nearest = np.full(len(bars), SPLIT_NEAR)
    for one, other in [*SPLITS, *((old, new) for new, old in SPLITS)]:
        off = np.abs(ratio / (one / other) - 1)
        found[off < nearest] = f"{one}:{other}"
        nearest = np.minimum(nearest, off)
    return found


def gaps(bars: Bars) -> Array:
    """Per bar (bar,) the time since the bar before in units of the most frequent one: 1 for neighbours and the first
    bar, more over a night, a weekend, a holiday or missing data."""
    if len(bars) < 2:
        return np.ones(len(bars))
    return np.concatenate([[1.0], np.diff(bars.time) / _usual_step(bars)])


def longest_pause(bars: Bars) -> float:
    """Seconds from a bar to the next, at least two of them, above which data are missing, be it a week of holidays."""
    return max(HOLE_STEPS * _usual_step(bars), HOLE_S)


def _usual_step(bars: Bars) -> float:
    values, counts = np.unique(np.diff(bars.time), return_counts=True)
    return float(values[counts.argmax()])


def cut(bars: Bars, before: Truth) -> list[slice]:
    """The pieces that begin at the first bar and at each bar of `before` (bar,)."""
    edges = [0, *np.flatnonzero(before[1:]) + 1, len(bars)]
    return [slice(int(first), int(end)) for first, end in pairwise(edges)]


def bars_of_closes(time: Array, close: Array, count: int) -> Bars:
    """Bars of `count` closes each (bar,), for series that have no more than closes: the open is the close before, high
    and low are the highest and lowest of these; the time is the last close's. The rest at the end is left out."""
    bars = (len(close) - 1) // count
    inside = close[1 : 1 + bars * count].reshape(bars, count)
    opening = close[: bars * count : count]
    high = np.maximum(inside.max(axis=1, initial=-np.inf), opening)
    low = np.minimum(inside.min(axis=1, initial=np.inf), opening)
    return Bars(time[1 : 1 + bars * count].reshape(bars, count)[:, -1], opening, high, low, inside[:, -1])
