"""The rule that labels real bars: beside one that tries every span, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from polyhead.studies.expansions.bars import Bars
from polyhead.studies.expansions.rule import RuleOptions, expansions, marks, recent_state, states


def bars(closes, wick=0.0):
    """Bars that open at the close before and reach `wick` beyond open and close."""
    close = np.array(closes, dtype=float)
    opening = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(opening, close) + wick, np.minimum(opening, close) - wick
    return Bars(np.arange(len(close)) * 60.0, opening, high, low, close)


def quiet(count, at=100.0):
    """Closes that go up and down by 1."""
    return [at + index % 2 for index in range(count)]


def test_a_straight_move_is_found_from_its_first_bar_to_its_last():
    closes = [*quiet(20), 105, 109, 113, *quiet(20, 113)]  # the bar of the second quiet stretch at 113 moves nothing
    # ATR of the last 10 bars before: 1. Net move from 101 to 113: 12, and the step up to 114 goes on with it.
    assert expansions(bars(closes), RuleOptions(efficiency=1.0, most_bars=3)).tolist() == [[20, 22]]


def test_size_is_in_average_true_ranges_of_the_bar_before():
    closes = [*quiet(20), 105, 109, 112.9, *[112.9 - index % 2 for index in range(20)]]
    rule = {"efficiency": 0.9, "most_bars": 3, "least_bars": 3}
    found = expansions(bars(closes), RuleOptions(move_atr=11.9, **rule))  # 112.9 - 101 = 11.9 times an ATR of 1
    assert found.tolist() == [[20, 22]]
    assert expansions(bars(closes), RuleOptions(move_atr=11.91, **rule)).tolist() == []
    wide = bars(closes, wick=0.5)  # the same closes, each range larger by 1: an ATR of 2
    assert expansions(wide, RuleOptions(move_atr=5.96, **rule)).tolist() == []
    assert expansions(wide, RuleOptions(move_atr=5.94, **rule)).tolist() == [[20, 22]]


def test_efficiency_is_net_over_all_moves():
    closes = [*quiet(20), 106, 105, 111, *[111 - index % 2 for index in range(20)]]  # 10 net of 12
    rule = {"move_atr": 4.5, "least_bars": 3, "most_bars": 3}
    assert expansions(bars(closes), RuleOptions(efficiency=10 / 12, **rule)).tolist() == [[20, 22]]
    assert expansions(bars(closes), RuleOptions(efficiency=0.84, **rule)).tolist() == []


def test_a_step_after_a_market_that_stood_still_is_none():
    assert expansions(bars([100.0] * 20 + [101.0] * 20), RuleOptions()).tolist() == []


@pytest.mark.parametrize("closes", [[100.0], [100.0, 101.0], quiet(60)])
def test_few_or_quiet_bars_have_none(closes):
    spans = expansions(bars(closes), RuleOptions())
    assert spans.shape == (0, 2)
    assert states(bars(closes), spans, RuleOptions()).tolist() == []


def by_trying(series, rule):
    """The rule as its docstring says it, span by span."""
    close = series.close
    reach = [series.high[0] - series.low[0]]
    reach += [max(series.high[i], close[i - 1]) - min(series.low[i], close[i - 1]) for i in range(1, len(close))]
    candidates = []
    for first in range(1, len(close)):
        unit = np.mean(reach[max(0, first - 10) : first])
        for last in range(first + rule.least_bars - 1, min(first + rule.most_bars, len(close))):
            net = close[last] - close[first - 1]
            way = sum(abs(close[i] - close[i - 1]) for i in range(first, last + 1))
            ends = [(close[first] - close[first - 1]) * net, (close[last] - close[last - 1]) * net]
            if unit > 0 and min(ends) > 0 and abs(net) >= rule.move_atr * unit and abs(net) >= rule.efficiency * way:
                candidates.append((first - last, -abs(net) / unit, first, last))
    taken = []
    for _, _, first, last in sorted(candidates):
        if all(last < other[0] or first > other[1] for other in taken):
            taken.append([first, last])
    return sorted(taken)


# Steps of eighths, so that sums are exact and no threshold is met by rounding alone.
STEPS = st.lists(st.integers(-24, 24), min_size=2, max_size=60)


@settings(deadline=None, max_examples=60)
@given(steps=STEPS, move=st.sampled_from([1.03, 2.03, 4.03]), efficiency=st.sampled_from([0.53, 0.83, 1.0]))
def test_it_finds_what_trying_every_span_finds(steps, move, efficiency):
    series = bars(1000 + np.cumsum(steps) / 8, wick=0.125)
    rule = RuleOptions(move_atr=move, efficiency=efficiency, most_bars=12)
    assert expansions(series, rule).tolist() == by_trying(series, rule)


@settings(deadline=None, max_examples=30)
@given(steps=STEPS, factor=st.sampled_from([0.25, 64.0]))
def test_it_knows_no_unit_and_no_direction(steps, factor):
    closes = 1000 + np.cumsum(steps) / 8
    rule = RuleOptions(move_atr=2.03, efficiency=0.83)
    found = expansions(bars(closes), rule).tolist()
    assert expansions(bars(factor * closes), rule).tolist() == found
    assert expansions(bars(2000 - closes), rule).tolist() == found


def test_consolidation_retracement_and_neither():
    up = [103.0, 107.0, 111.0, 115.0]
    rule = RuleOptions(before_bars=10, move_atr=4, most_bars=4, least_bars=4, leg_atr=2.0)
    level = [*quiet(30), *up]
    spans = expansions(bars(level), rule)
    assert spans.tolist() == [[30, 33]]
    assert states(bars(level), spans, rule).tolist() == ["consolidation"]
    # A leg from 90 to 100 by steps of 2, of which 4 are taken back by steps of 1: the ranges of the last 10 bars sum to
    # 1 + 5 * 2 + 4 * 1 = 15, an ATR of 1.5, so the leg is 6.67 of them; 4 / 10 is taken back.
    leg = [*quiet(20, 90), 90, 92, 94, 96, 98, 100, 99, 98, 97, 96, 104, 112, 120, 128]
    rule = rule.model_copy(update={"move_atr": 15.0})
    spans = expansions(bars(leg), rule)
    assert spans.tolist() == [[30, 33]]
    assert states(bars(leg), spans, rule).tolist() == ["retracement"]
    assert states(bars(leg), spans, rule.model_copy(update={"leg_atr": 6.6})).tolist() == ["retracement"]
    assert states(bars(leg), spans, rule.model_copy(update={"retraced": (0.41, 0.8)})).tolist() == [""]
    assert states(bars(leg), spans, rule.model_copy(update={"retraced": (0.1, 0.39)})).tolist() == [""]
    assert states(bars(leg), spans, rule.model_copy(update={"leg_atr": 6.7})).tolist() == [""]


def test_too_few_bars_before_tell_no_state():
    closes = [*quiet(12), 103.0, 107.0, 111.0, 115.0]
    rule = RuleOptions(most_bars=4, least_bars=4)
    spans = expansions(bars(closes), rule)
    assert spans.tolist() == [[12, 15]]
    assert states(bars(closes), spans, rule).tolist() == [""]


def test_marks_and_the_state_that_bars_carry():
    spans = np.array([[2, 3], [6, 6]])
    assert marks(9, spans).tolist() == [0, 0, 1, 1, 0, 0, 1, 0, 0]
    carried = recent_state(9, spans, np.array(["retracement", ""]), RuleOptions(state_bars=3))
    assert carried.tolist() == ["", "", *["retracement"] * 3, "", "", "", ""]


@pytest.mark.parametrize("wrong", [{"least_bars": 9, "most_bars": 3}, {"retraced": (0.8, 0.2)}, {"efficiency": 1.2}])
def test_impossible_rules_are_refused(wrong):
    with pytest.raises(ValidationError):
        RuleOptions(**wrong)
