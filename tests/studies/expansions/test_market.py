"""The generator: bars that are bars, planted moves of the strength that is written, labels, and null markets."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from polyhead.errors import InputError
from polyhead.studies.expansions.bars import check_bars
from polyhead.studies.expansions.market import draw_base, generate
from polyhead.studies.expansions.options import MarketOptions
from polyhead.studies.expansions.plan import draw_plan

# A walk of known volatility without decoys: what is planted is all there is.
PLAIN = {"volatility_spread": 0.0, "decoys": 0.0, "growth": 1.0, "body_share": 0.0, "strength": (6.0, 6.0)}


@pytest.fixture(scope="module")
def bases():
    return generate(MarketOptions())


def test_174_bases_of_which_36_are_longer(bases):
    assert len(bases) == 174
    assert sorted({len(base.bars) for base in bases}) == [120 + 105, 120 + 157]
    assert sum(len(base.bars) == 277 for base in bases) == 36


def test_bars_are_consistent_and_open_where_the_last_closed(bases):
    for base in bases:
        check_bars(base.bars, np.arange(len(base.bars)), "generated")
        np.testing.assert_allclose(base.bars.open[1:], base.bars.close[:-1], rtol=1e-12)


def test_both_windows_of_a_longer_base_see_a_third_of_its_expansion(bases):
    for base in bases:
        assert 0 <= base.start <= base.end < len(base.bars) - 120
        if len(base.bars) == 277:
            for first in (0, 52):
                seen = min(base.end, first + 104) - max(base.start, first) + 1
                assert seen >= 0.3 * (base.end - base.start + 1)


def test_starts_and_lengths_are_distributed_as_in_the_write_up():
    # mean 50.2 and 33.5 spread, 0 to 101; length mean 7.1, median 5 (issue's figures), to three standard errors
    plans = [draw_plan(MarketOptions(decoys=0), False, np.random.default_rng([7, base])) for base in range(2000)]
    start = np.array([plan.start for plan in plans])
    length = np.array([plan.end - plan.start + 1 for plan in plans])
    assert start.mean() == pytest.approx(50.2, abs=3 * 33.5 / 2000**0.5)
    assert start.std() == pytest.approx(33.5, abs=1.6)
    assert (start.min(), start.max()) == (0, 101)
    assert length.mean() == pytest.approx(7.1, abs=0.5)
    assert np.median(length) == 5


def net_moves(**options):
    """Net move of each expansion in standard deviations of a walk of the median volatility."""
    wanted = MarketOptions(**PLAIN | {"bases": 300} | options)
    found = []
    for base in generate(wanted):
        log = np.log(base.bars.close)
        at, count = wanted.history + base.start, base.end - base.start + 1
        move = log[at + count - 1] - log[at - 1]
        found.append(base.direction * move / wanted.volatility / count**0.5)
    return np.array(found)


def test_an_expansion_moves_as_far_as_strength_says():
    # z-scores of a walk with drift: mean 6, spread 1; 300 of them
    moves = net_moves()
    assert moves.mean() == pytest.approx(6, abs=3 / 300**0.5)
    assert moves.std() == pytest.approx(1, abs=0.15)


def test_growth_widens_the_walk_within_it():
    # drift and noise both: mean and spread 2 times as large
    moves = net_moves(growth=2.0)
    assert moves.mean() == pytest.approx(12, abs=3 * 2 / 300**0.5)
    assert moves.std() == pytest.approx(2, abs=0.3)


def test_in_a_null_market_nothing_moves_where_the_labels_are():
    moves = net_moves(expansions=False)
    assert moves.mean() == pytest.approx(0, abs=3 / 300**0.5)
    assert moves.std() == pytest.approx(1, abs=0.15)


def test_a_null_market_has_the_same_labels():
    real, null = generate(MarketOptions(bases=40)), generate(MarketOptions(bases=40, expansions=False))
    assert [(base.start, base.end, base.state) for base in real] == [
        (base.start, base.end, base.state) for base in null
    ]


def test_labels_of_a_null_market_do_not_tell_where_decoys_are_not():
    options = MarketOptions(decoys=3.0, expansions=False)
    plans = [draw_plan(options, False, np.random.default_rng([3, base])) for base in range(200)]
    within = np.concatenate([(plan.volatility > 1)[120 + plan.start : 121 + plan.end] for plan in plans])
    everywhere = np.mean([plan.volatility > 1 for plan in plans])
    assert within.mean() == pytest.approx(everywhere, abs=0.05)


def test_straight_bars_have_no_wicks():
    base = draw_base(MarketOptions(**PLAIN | {"body_share": 1.0}), 0, False)
    at = slice(120 + base.start, 121 + base.end)
    ends = np.sort([base.bars.open[at], base.bars.close[at]], axis=0)
    np.testing.assert_allclose(base.bars.low[at], ends[0])
    np.testing.assert_allclose(base.bars.high[at], ends[1])


def test_what_came_before_is_calm_or_a_leg_taken_back():
    before = {"before": (30, 30), "leg": (6.0, 6.0), "retraced": (0.5, 0.5), "reversion": 0.5}
    options = MarketOptions(**PLAIN | {"bases": 200} | before)
    reach = {"consolidation": [], "retracement": []}
    turn = []
    for base in generate(options):
        at = options.history + base.start
        log = np.log(base.bars.close[at - 31 : at]) * base.direction / options.volatility
        reach[base.state].append(np.ptp(log))
        if base.state == "retracement":  # a leg of 20 bars, 6 standard deviations, then 10 bars back
            turn.append([log[20] - log[0], log[30] - log[20]])
    # Without the way back to the middle 30 bars would reach over 1.6 * 0.5 * 30 ** 0.5 = 4.4 bars' volatility.
    assert np.mean(reach["consolidation"]) < 3 < 20 < np.mean(reach["retracement"])
    leg, back = np.mean(turn, axis=0)
    assert leg == pytest.approx(6 * 20**0.5, abs=2)
    assert back == pytest.approx(-3 * 20**0.5, abs=2)


def test_decoys_are_wide_and_lead_nowhere():
    options = MarketOptions(decoys=3.0, decoy_strength=(5.0, 5.0), expansions=False)
    plans = [draw_plan(options, False, np.random.default_rng([3, base])) for base in range(50)]
    wide = [plan.volatility > 1 for plan in plans]
    assert np.mean(wide) > 0.1
    for plan, where in zip(plans, wide, strict=True):
        assert (plan.drift[~where] == 0).all()
        assert np.abs(plan.drift.cumsum()).max() <= 2 * np.abs(plan.drift).max() + 1e-9


def test_draws_depend_on_seed_and_base_alone():
    few, many = MarketOptions(bases=40), MarketOptions(bases=50)
    np.testing.assert_array_equal(generate(few)[39].bars.close, generate(many)[39].bars.close)
    walks = [generate(MarketOptions(bases=2, overlapping=0, decoys=0, expansions=False, seed=seed)) for seed in (0, 1)]
    closes = [base.bars.close for walk in walks for base in walk]
    assert len({tuple(close) for close in closes}) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"strength": (7.0, 5.0)},
        {"overlapping": 200},
        {"length_mean": 4.0},
        {"stride": 105},
        {"before": (3, 40)},
        {"before": (20, 100)},
        {"start_mean": 102.0},
        {"start_sd": 60.0},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValidationError):
        MarketOptions(**wrong)


def test_windows_that_share_no_expansion_are_refused():
    with pytest.raises(InputError, match="seen by both windows"):
        generate(MarketOptions(stride=100, start_sd=1.0, visible=1.0))
