"""Ranks against scipy: Spearman's correlation, and the correlation ratio by way of Kruskal and Wallis's H."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from polyhead.signals.profile.ranks import correlation_ratio, midranks, spearman

COLUMNS = st.lists(st.integers(-4, 4), min_size=5, max_size=40)


@settings(max_examples=60, deadline=None)
@given(COLUMNS, st.integers(0, 2**32 - 1))
def test_as_scipy_has_it(values: list[int], seed: int) -> None:
    a = np.array(values, float)
    b = np.random.default_rng(seed).integers(-3, 4, len(a)).astype(float)
    assert midranks(a).tolist() == stats.rankdata(a).tolist()
    if np.ptp(a) and np.ptp(b):
        assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)
    else:
        assert spearman(a, b) == 0.0


@settings(max_examples=60, deadline=None)
@given(COLUMNS, st.integers(0, 2**32 - 1))
def test_the_correlation_ratio_is_that_of_kruskal(values: list[int], seed: int) -> None:
    """H = (n - 1) times the share of the ranks' variance between groups, ties included."""
    a = np.array(values, float)
    group = np.random.default_rng(seed).integers(0, 3, len(a))
    groups = [a[group == one] for one in np.unique(group)]
    if np.ptp(a) and len(groups) > 1:
        expected = np.sqrt(stats.kruskal(*groups).statistic / (len(a) - 1))
        assert correlation_ratio(a, group) == pytest.approx(expected, abs=1e-9)


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    a, b, group = rng.normal(size=50), rng.normal(size=50), rng.integers(4, size=50)
    assert spearman(1e3 * a - 7, np.exp(b)) == pytest.approx(spearman(a, b))
    assert correlation_ratio(a**3, group) == pytest.approx(correlation_ratio(a, group))


def test_two_values_say_nothing() -> None:
    assert spearman(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0.0
    assert correlation_ratio(np.array([1.0, 2.0]), np.array([0, 1])) == 0.0
