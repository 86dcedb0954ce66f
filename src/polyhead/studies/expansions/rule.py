"""Labels of real bars by a written rule: where an expansion lies, and what came before it.

Labels may look ahead, as a person who marks a chart does; features may not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from polyhead.config.block import Block
from polyhead.studies.expansions.bars import Array, Bars
from polyhead.studies.expansions.features import atr

Spans = NDArray[np.int64]
FLOAT_SLACK = 1e-9
"""Share by which a number may fall short of a threshold through rounding."""


class RuleOptions(Block):
    """When bars are labelled an expansion, and what precedes it. Moves are from close to close."""

    move_atr: PositiveFloat = 4.0
    """Least net move, in average true ranges (10 bars) at the bar before."""
    efficiency: float = Field(default=0.9, gt=0, le=1)
    """Least efficiency ratio: the net move over the sum of the bars' moves; 1 never turns back."""
    least_bars: PositiveInt = 1
    """Bars of the shortest expansion."""
    most_bars: PositiveInt = 60
    """Bars of the longest expansion."""
    before_bars: int = Field(default=20, ge=4)
    """Bars before an expansion that its state is judged by."""
    quiet_efficiency: float = Field(default=0.3, gt=0, le=1)
    """Largest efficiency ratio of those bars that is a consolidation."""
    leg_atr: PositiveFloat = 3.0
    """Least move of the leg that a retracement retraces, in average true ranges at the bar before the expansion."""
    retraced: tuple[float, float] = (0.2, 0.8)
    """Share of that leg that a retracement has taken back."""
    state_bars: PositiveInt = 105
    """Bars, from an expansion's first on, that carry its state."""

    @model_validator(mode="after")
    def _ordered(self) -> RuleOptions:
        if self.least_bars > self.most_bars:
            raise ValueError(f"least_bars {self.least_bars} is above most_bars {self.most_bars}")
        if not 0 <= self.retraced[0] < self.retraced[1] <= 1:
            raise ValueError(f"retraced must be [low, high] within 0 and 1, not {list(self.retraced)}")
        return self


def expansions(bars: Bars, rule: RuleOptions) -> Spans:
    """First and last bar, inclusive, of each expansion (expansion, 2), in order of time; they do not overlap.

    A candidate begins and ends with a bar that moves its way. Longer candidates go first, of equals the one with the
    larger move in average true ranges, then the earlier; what overlaps one that is taken is out. So none can be
    extended, within `most_bars`, without meeting another or failing the rule.
    """
    move = np.concatenate([[0.0], np.diff(bars.close)])
    way = np.concatenate([[0.0], np.abs(move).cumsum()])
    unit = atr(bars.high, bars.low, bars.close)
    taken = np.zeros(len(bars), dtype=bool)
    found = []
    for count in range(min(rule.most_bars, len(bars) - 1), rule.least_bars - 1, -1):
        first, size = _candidates(bars.close, move, way, unit, count, rule)
        for at in first[np.lexsort((first, -size))]:
            if not taken[at : at + count].any():
                taken[at : at + count] = True
                found.append((at, at + count - 1))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _candidates(
    close: Array, move: Array, way: Array, unit: Array, count: int, rule: RuleOptions
) -> tuple[NDArray[np.int64], Array]:
    """First bars (candidate,) of moves of `count` bars that pass the rule, and their size in average true ranges."""
    net = close[count:] - close[:-count]  # of bars 1 to count, 2 to count + 1, ...
    # Where nothing moved before, no size is known: a step after a market that stood still is none.
    size = np.divide(np.abs(net), unit[:-count], out=np.zeros_like(net), where=unit[:-count] > 0)
    total = way[count + 1 :] - way[1 : len(way) - count]
    passes = size >= rule.move_atr * (1 - FLOAT_SLACK)
    passes &= np.abs(net) >= rule.efficiency * total * (1 - FLOAT_SLACK)
    passes &= (move[1 : len(move) - count + 1] * net > 0) & (move[count:] * net > 0)
    at = np.flatnonzero(passes)
    return at + 1, size[at]


def states(bars: Bars, spans: Spans, rule: RuleOptions) -> NDArray[np.str_]:
    """What came before each expansion (expansion,): `retracement`, `consolidation`, or '' where it is neither or too
    few bars are before it.

    Of the closes of the `before_bars` bars before: a retracement has a leg the expansion's way, from the lowest close
    to the highest after it (for one upwards), of `leg_atr` or more, of which the last close has taken back a share
    within `retraced`. Else it is a consolidation where the efficiency ratio is `quiet_efficiency` or less.
    """
    unit = atr(bars.high, bars.low, bars.close)
    found = np.full(len(spans), "", dtype="<U13")
    for index, (first, last) in enumerate(spans):
        if first <= rule.before_bars:
            continue
        side = np.sign(bars.close[last] - bars.close[first - 1])
        past = side * bars.close[first - 1 - rule.before_bars : first]
        climb = past - np.minimum.accumulate(past)
        leg, back = climb.max(), past[climb.argmax()] - past[-1]
        total = np.abs(np.diff(past)).sum()
        if leg >= rule.leg_atr * unit[first - 1] and rule.retraced[0] <= back / leg <= rule.retraced[1]:
            found[index] = "retracement"
        elif np.abs(past[-1] - past[0]) <= rule.quiet_efficiency * total:
            found[index] = "consolidation"
    return found


def marks(count: int, spans: Spans) -> NDArray[np.int8]:
    """1 for bars within an expansion, else 0 (bar,)."""
    marked = np.zeros(count, dtype=np.int8)
    for first, last in spans:
        marked[first : last + 1] = 1
    return marked


def recent_state(count: int, spans: Spans, found: NDArray[np.str_], rule: RuleOptions) -> NDArray[np.str_]:
    """Per bar (bar,) the state of the last expansion that began within the last `state_bars` bars, else ''."""
    recent = np.full(count, "", dtype="<U13")
    for (first, _), state in zip(spans, found, strict=True):
        recent[first : first + rule.state_bars] = state
    # A later expansion of unknown state hides the one before it, as it should: its window means the later one.
    return recent
