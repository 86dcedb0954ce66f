"""The twelve features: by hand, beside a slow reference written from the description, and without looking ahead."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.errors import InputError
from polyhead.studies.expansions import zigzag as zigzag_module
from polyhead.studies.expansions.features import NAMES, WARM_UP, atr, features
from polyhead.studies.expansions.zigzag import zigzag

RANGES = [(0, 1), (0, 1), (-1, 1), (0, 1), (0, 1), (0, 3), (-3, 3), (-3, 3), (0, 3), (0, 3), (-2, 2), (0, 3)]


@st.composite
def bars(draw, least=1, most=60):
    """open, high, low, close (bar,) in quarters, exact in binary: equal prices, flat bars and gaps are common."""
    step, body = st.integers(-12, 12), st.integers(-6, 6)
    each = draw(st.lists(st.tuples(step, body, st.integers(0, 5), st.integers(0, 5)), min_size=least, max_size=most))
    moves, bodies, above, below = np.array(each).T
    open_ = 1000 + np.cumsum(np.where(np.abs(moves) > 6, moves, 0) + np.append(0, bodies[:-1]))
    close = open_ + bodies
    return tuple(x / 4 for x in (open_, np.maximum(open_, close) + above, np.minimum(open_, close) - below, close))


def reference(open_, high, low, close, window=105):
    """The twelve features from their description, bar by bar, in plain Python."""
    eps, rows, true_ranges = 1e-6, [], []
    mean_range = leg = extreme = extreme_bar = None
    swing = {"up": None, "down": None}  # what ended the last leg of this direction: (price, bar)
    for i, (first, top, foot, last) in enumerate(zip(open_, high, low, close, strict=True)):
        mean_range = top - foot if i == 0 else 2 / 21 * (top - foot) + (1 - 2 / 21) * mean_range
        before = close[i - 1] if i else None
        true_ranges.append(top - foot if i == 0 else max(top - foot, abs(top - before), abs(foot - before)))
        ten = true_ranges[-10:]
        mean_true = sum(ten) / len(ten)
        if i == 1:
            leg, extreme, extreme_bar = "up", top, i
        elif i > 1 and leg == "up":
            if top > extreme:
                extreme, extreme_bar = top, i
            fresh = i - extreme_bar <= 5 and extreme - foot >= 0.5 * mean_true
            if mean_true > 0 and (extreme - last >= 1.2 * mean_true or fresh):
                swing["up"], leg, extreme, extreme_bar = (extreme, extreme_bar), "down", foot, i
        elif i > 1:
            if foot < extreme:
                extreme, extreme_bar = foot, i
            fresh = i - extreme_bar <= 5 and top - extreme >= 0.5 * mean_true
            if mean_true > 0 and (last - extreme >= 1.2 * mean_true or fresh):
                swing["down"], leg, extreme, extreme_bar = (extreme, extreme_bar), "up", top, i
        rng = max(top - foot, eps)
        row = [
            (first - foot) / rng,
            (last - foot) / rng,
            (last - first) / rng,
            (top - max(first, last)) / rng,
            (min(first, last) - foot) / rng,
        ]
        range_z = min((top - foot) / max(mean_range, eps), 3)
        tops, bottoms = swing["up"], swing["down"]
        row.append(range_z)
        row.append(0 if tops is None else max(-3, min(3, (tops[0] - last) / max(mean_true, eps))))
        row.append(0 if bottoms is None else max(-3, min(3, (last - bottoms[0]) / max(mean_true, eps))))
        row.append(0 if tops is None else min((i - tops[1]) / window, 3))
        row.append(0 if bottoms is None else min((i - bottoms[1]) / window, 3))
        direction = {None: 0, "up": 1, "down": -1}[leg]
        row.append(max(-2, min(2, range_z * direction * row[2])))
        row.append(max(0, min(3, (1 - range_z / 3) * (1 - abs(row[2])) * (row[8] + row[9]) / 2)))
        rows.append(row)
    return np.array(rows)


def walk(count, seed=0):
    rng = np.random.default_rng(seed)
    close = 100 + np.cumsum(0.1 * rng.standard_normal(count))
    open_ = close + 0.1 * rng.standard_normal(count)
    high, low = (f(open_, close) for f in (np.maximum, np.minimum))
    return open_, high + 0.05 * rng.random(count), low - 0.05 * rng.random(count), close


def test_five_bars_by_hand():
    """A rising bar, one that sets and confirms a high, a flat one that confirms a low, and a gap down."""
    found = features(
        np.array([10, 10.5, 12.5, 12, 8]),
        np.array([11, 12.5, 13, 12, 9]),
        np.array([9, 10.5, 11, 12, 8]),
        np.array([10.5, 12.5, 12, 12, 8.5]),
    )
    z = 441 / 764  # range 1 over the average (2 * 1 + 19 * 38 / 21) / 21
    hand = [
        [0.50, 0.75, 0.25, 0.25, 0.50, 1, 0, 0, 0, 0, 0, 0],
        [0.00, 1.00, 1.00, 0.00, 0.00, 1, 0, 0, 0, 0, 1, 0],
        [0.75, 0.50, -0.25, 0.25, 0.50, 1, 0.5, 0, 0, 0, 0.25, 0],
        [0, 0, 0, 0, 0, 0, 1 / 1.5, 1 / 1.5, 1 / 105, 1 / 105, 0, 1 / 105],
        [0.00, 0.50, 0.50, 0.50, 0.00, z, 1.75, -1.25, 1 / 105, 2 / 105, -z / 2, (1 - z / 3) / 2 * 1.5 / 105],
    ]
    np.testing.assert_allclose(found, hand, rtol=1e-6)
    assert found.dtype == np.float32
    assert len(NAMES) == found.shape[1] == 12
    assert WARM_UP == 15


def test_average_true_range_by_hand():
    """Fewer at the beginning; a gap counts from the close before; after ten flat bars exactly 0."""
    high, low = np.array([11.0, 12, 9, *[8.5] * 10]), np.array([9.0, 10.5, 8, *[8.5] * 10])
    close = np.array([10.5, 12, 8.5, *[8.5] * 10])
    np.testing.assert_allclose(atr(high, low, close)[:4], [2, 1.75, (2 + 1.5 + 4) / 3, 7.5 / 4])
    assert atr(high, low, close)[-1] == 0
    np.testing.assert_allclose(atr(high, low, close, bars=2)[:4], [2, 1.75, 2.75, 2])


@pytest.mark.parametrize(
    ("flat", "price", "confirmed"),
    [(4, 9.5, True), (5, 9.5, False), (4, 9.5625, False), (5, 8.75, True), (40, 8.75, True), (40, 8.8125, False)],
)
def test_an_old_high_needs_a_close_far_below(flat, price, confirmed):
    """A high at bar 1, `flat` bars at it, then one below, with a true range of 1: half of it confirms a high of at
    most five bars, 1.2 of it by the close any."""
    series = np.array([10.0, 10, *[10] * flat, price])
    found = zigzag(series, series, series, np.ones(len(series)))
    assert (found.high_at[-1], found.leg[-1]) == ((1, -1) if confirmed else (-1, 1))
    assert np.isnan(found.high[:-1]).all()
    assert set(found.low_at) == {-1}


def test_exactly_as_far_is_far_enough():
    """1.2 times a true range of 5 is 6 to the last bit."""
    series = np.array([10.0, *[10] * 8, 4])
    assert zigzag(series, series, series, np.full(10, 5.0)).high_at[-1] == 1


@given(bars())
@settings(max_examples=60, deadline=None)
def test_beside_the_reference(series):
    np.testing.assert_allclose(features(*series), reference(*series), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(features(*series, window=5), reference(*series, window=5), rtol=1e-6, atol=1e-7)


def test_a_long_walk_beside_the_reference():
    series = walk(2000)
    np.testing.assert_allclose(features(*series), reference(*series), rtol=1e-5, atol=1e-6)


@given(bars(least=2), bars(least=59), st.data())
@settings(max_examples=60, deadline=None)
def test_no_feature_looks_ahead(series, other, data):
    """Whatever comes after a bar, its features are the same to the last bit, also where nothing comes."""
    t = data.draw(st.integers(0, len(series[0]) - 1))
    changed = [np.concatenate([one[: t + 1], 3 * two[t + 1 :]]) for one, two in zip(series, other, strict=True)]
    before = features(*series)[: t + 1]
    np.testing.assert_array_equal(features(*changed)[: t + 1], before)
    np.testing.assert_array_equal(features(*(one[: t + 1] for one in series)), before)


@given(bars())
@settings(max_examples=40, deadline=None)
def test_ranges(series):
    found = features(*series, window=2)
    assert np.isfinite(found).all()
    for column, (low, high) in zip(found.T, RANGES, strict=True):
        assert low <= column.min()
        assert column.max() <= high


@given(bars(), st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_prices_have_no_unit(series, power):
    np.testing.assert_array_equal(features(*(2.0**power * one for one in series)), features(*series))


def test_nor_in_a_currency_of_thirds():
    series = walk(2000)
    np.testing.assert_allclose(features(*(one / 3 for one in series)), features(*series), rtol=1e-5, atol=1e-6)


def test_one_bar_and_flat_bars():
    one = np.array([5.0])
    np.testing.assert_array_equal(features(one, one + 1, one, one + 1), [[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]])
    flat = np.full(30, 5.0)
    np.testing.assert_array_equal(features(flat, flat, flat, flat), np.zeros((30, 12)))


def test_integers_and_views_are_taken():
    series = [np.repeat(np.round(one), 2).astype(np.int64) for one in walk(50)]
    whole = features(*(np.repeat(np.round(one), 1) for one in walk(50)))
    np.testing.assert_array_equal(features(*(one[::2] for one in series)), whole)


def test_a_million_bars_a_second():
    """Of one core, in processor time; benchmarks/bars.py prints the figures."""
    series, taken = walk(200_000), []
    features(*(one[:2] for one in series))
    for _ in range(3):
        began = time.process_time()
        features(*series)
        taken.append(time.process_time() - began)
    assert min(taken) < 0.2


def test_without_numba_one_line_says_what_to_install(monkeypatch):
    zigzag_module._compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(InputError, match=r"numba is not installed; pip install 'polyhead\[expansions\]'"):
        features(*walk(3))
    assert len(atr(*walk(3)[1:])) == 3


def test_numba_loads_when_it_is_used():
    code = "import sys, polyhead.studies.expansions.features; print({'numba', 'scipy', 'torch'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
