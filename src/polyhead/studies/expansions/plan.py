"""What is planted in the bars of one base: where, how strong, and what comes before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyhead.errors import InputError
from polyhead.studies.expansions.bars import Array
from polyhead.studies.expansions.options import MarketOptions

DRAWS = 10_000
"""Draws of an expansion after which it is given up: at the defaults every other one is seen by both windows."""
STATES = ("consolidation", "retracement")


@dataclass(frozen=True)
class Plan:
    """Per bar (bar,), history first: `drift` in units of the bar's volatility, factors on `volatility`, `straight` (0
    to 1, how straight the way within the bar is) and `reversion` (share of the distance from the middle). `start` and
    `end`, inclusive, count from the first bar after the history."""

    start: int
    end: int
    state: str
    direction: int
    drift: Array
    volatility: Array
    straight: Array
    reversion: Array


def draw_plan(options: MarketOptions, longer: bool, rng: np.random.Generator) -> Plan:
    """The plan of one base; a null market draws the same and plants only the decoys."""
    start, end = _span(options, longer, rng)
    state = STATES[int(rng.random() < options.retracement)]
    direction = 1 if rng.random() < 0.5 else -1
    count = options.history + options.length + (options.stride if longer else 0)
    plan = Plan(start, end, state, direction, np.zeros(count), np.ones(count), np.zeros(count), np.zeros(count))
    at, bars = options.history + start, end - start + 1
    before = int(rng.integers(options.before[0], options.before[1] + 1))
    strength = rng.uniform(*options.strength)
    leg, retraced = rng.uniform(*options.leg), rng.uniform(*options.retraced)
    # In a null market the labels must not tell where decoys are not.
    _plant_decoys(options, plan, slice(at - before, at + bars) if options.expansions else slice(0, 0), rng)
    if options.expansions:
        _plant_state(options, plan, slice(at - before, at), leg, retraced)
        _plant_wide(options, plan, slice(at, at + bars), direction * strength * np.ones(bars))
    return plan


def _span(options: MarketOptions, longer: bool, rng: np.random.Generator) -> tuple[int, int]:
    """First and last bar, in a longer base seen by both windows; of one that runs over the end, what is left.

    Raises InputError where there is none such."""
    last = options.length - 4
    share = options.start_mean / last
    size = share * (1 - share) * (last / options.start_sd) ** 2 - 1
    spread = np.sqrt(2 * np.log(options.length_mean / options.length_median))
    for _ in range(DRAWS):
        start = int(np.round(last * rng.beta(share * size, (1 - share) * size)))
        bars = max(1, int(np.round(options.length_median * np.exp(spread * rng.standard_normal()))))
        if not longer:
            return start, min(start + bars, options.length) - 1
        start += options.stride * int(rng.random() < 0.5)
        end = min(start + bars, options.length + options.stride) - 1
        seen = min(min(end, options.length - 1) - start, end - max(start, options.stride)) + 1
        if seen >= options.visible * (end - start + 1):
            return start, end
    raise InputError(
        f"in {DRAWS} draws no expansion was seen by both windows of a base, {options.stride} bars apart",
        where="data.overlapping",
        do="write a smaller data.stride or data.visible, or data.overlapping: 0",
    )


def _plant_wide(options: MarketOptions, plan: Plan, where: slice, move: Array) -> None:
    """Wide bars with small wicks; `move` (bar,) is in standard deviations of the walk over all of them."""
    plan.drift[where] = move / np.sqrt(len(move))
    plan.volatility[where] = options.growth
    plan.straight[where] = options.body_share


def _plant_state(options: MarketOptions, plan: Plan, where: slice, leg: float, retraced: float) -> None:
    """A calm stretch about one price, or a leg the expansion's way of which a share is taken back."""
    if plan.state == "consolidation":
        plan.volatility[where] = options.calm
        plan.reversion[where] = options.reversion
        return
    bars = where.stop - where.start
    turn = where.start + (2 * bars + 1) // 3
    move = plan.direction * leg * np.sqrt(turn - where.start)
    plan.drift[where.start : turn] = move / (turn - where.start)
    plan.drift[turn : where.stop] = -retraced * move / (where.stop - turn)


def _plant_decoys(options: MarketOptions, plan: Plan, taken: slice, rng: np.random.Generator) -> None:
    """Pairs of wide bars that take each other back, anywhere but in what belongs to the expansion."""
    count = len(plan.drift)
    spread = np.sqrt(2 * np.log(options.length_mean / options.length_median))
    for _ in range(rng.poisson(options.decoys * count / options.length)):
        bars = 2 * max(1, int(np.round(options.length_median / 2 * np.exp(spread * rng.standard_normal()))))
        at = int(rng.integers(count))
        strength = rng.uniform(*options.decoy_strength)
        side = 1 if rng.random() < 0.5 else -1
        if at + bars <= count and (at >= taken.stop or at + bars <= taken.start):
            signs = side * np.where(np.arange(bars) % 2 == 0, 1.0, -1.0)
            _plant_wide(options, plan, slice(at, at + bars), strength * signs)
