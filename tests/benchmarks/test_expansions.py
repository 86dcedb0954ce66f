"""The interval over seeds beneath the table of the expansions study."""

from __future__ import annotations

import pytest
from scipy.stats import ttest_1samp

import expansions


def test_the_interval_by_hand() -> None:
    """Mean 3, standard deviation sqrt(2.5); t of 4 degrees of freedom is 2.7764 (any table): 3 +- 1.9632."""
    assert expansions.interval([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx((1.0368, 4.9632), abs=1e-4)


def test_the_interval_is_that_of_a_t_test_on_pairs() -> None:
    differences = [0.76, 0.86, 0.74, 0.82, 0.80]
    expected = ttest_1samp(differences, 0).confidence_interval(0.95)
    assert expansions.interval(differences) == pytest.approx((expected.low, expected.high))


def test_a_line_beneath_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    scores = [{"value": value, "floor": floor} for value, floor in ((2.0, 1.0), (5.0, 3.0), (3.0, 0.0))]
    expansions.beneath("bar F1", scores)
    # differences 1, 2, 3: mean 2, standard deviation 1, t of 2 degrees of freedom 4.3027
    assert capsys.readouterr().out == "bar F1, value - floor: 2.000, 95 % [-0.484, 4.484] over 3 seeds\n"
    expansions.beneath("bar F1", scores[:1])
    assert capsys.readouterr().out == "bar F1, value - floor: 1.000, no interval of one seed\n"
