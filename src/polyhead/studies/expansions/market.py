"""The study's generator: random-walk bars with one planted expansion per base, and matching null markets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from polyhead.studies.expansions.bars import Array, Bars
from polyhead.studies.expansions.options import MarketOptions
from polyhead.studies.expansions.plan import Plan, draw_plan

PRICE = 15000.0
"""Price of the first bar. The features know no unit."""
DAY = 86400.0


@dataclass(frozen=True)
class Base:
    """One base: its bars, history first, and what is planted in them. `start` and `end` are inclusive and count from
    the first bar after the history."""

    bars: Bars
    start: int
    end: int
    state: str
    direction: int


def generate(options: MarketOptions) -> list[Base]:
    """Every base, the longer ones first; the draws of each come from (seed, base). Raises InputError where no two
    windows of a longer one can see the expansion."""
    return [draw_base(options, base, base < options.overlapping) for base in range(options.bases)]


def draw_base(options: MarketOptions, base: int, longer: bool) -> Base:
    """One base, `stride` bars longer where `longer`."""
    # Plan and bars have streams of their own, so that a change of one leaves the other as it is.
    plan = draw_plan(options, longer, np.random.default_rng([options.seed, base, 0]))
    bars = _bars(options, plan, DAY * base, np.random.default_rng([options.seed, base, 1]))
    return Base(bars, plan.start, plan.end, plan.state, plan.direction)


def _bars(options: MarketOptions, plan: Plan, began: float, rng: np.random.Generator) -> Bars:
    """Bars that follow the plan, from a walk of `steps` steps in each."""
    count = len(plan.drift)
    volatility = options.volatility * np.exp(_log_volatility(options, count, rng)) * plan.volatility
    noise = rng.standard_normal((count, options.steps)).cumsum(axis=1) / np.sqrt(options.steps)
    share = np.arange(1, options.steps + 1) / options.steps
    # What the way of a bar adds to the straight line from its open to its close makes the wicks.
    line = noise[:, -1:] * share
    way = line + (1 - plan.straight[:, None]) * (noise - line)
    way = volatility[:, None] * (way + plan.drift[:, None] * share)
    opening = np.empty(count)
    level = middle = 0.0
    for bar in range(count):
        if plan.reversion[bar]:
            middle = level if bar == 0 or not plan.reversion[bar - 1] else middle
            way[bar] -= plan.reversion[bar] * (level - middle) * share
        opening[bar] = level
        level += way[bar, -1]
    path = PRICE * np.exp(opening[:, None] + np.concatenate([np.zeros((count, 1)), way], axis=1))
    time: Array = began + options.bar_seconds * np.arange(count, dtype=np.float64)
    return Bars(time, path[:, 0].copy(), path.max(axis=1), path.min(axis=1), path[:, -1].copy())


def _log_volatility(options: MarketOptions, count: int, rng: np.random.Generator) -> Array:
    """Stationary first-order autoregression (bar,) about 0."""
    memory, spread = options.volatility_memory, options.volatility_spread
    draws: NDArray[np.float64] = rng.standard_normal(count) * spread * np.sqrt(1 - memory**2)
    draws[0] = spread * rng.standard_normal()
    return np.asarray(lfilter([1.0], [1.0, -memory], draws), dtype=np.float64)
