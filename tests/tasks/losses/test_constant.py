"""Weighted means, quantiles and roots against numpy on repeated values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.tasks.losses import constant

VALUES = np.array([[3.0, -1.0], [1.0, 8.0], [4.0, 2.0], [1.0, 5.0], [9.0, 2.5]])
COUNTS = np.array([1, 3, 2, 1, 4])
REPEATED = np.repeat(VALUES, COUNTS, axis=0)
EACH = COUNTS[:, None] * 0.37


def test_a_weight_is_a_number_of_windows():
    assert constant.mean(VALUES, EACH) == pytest.approx(REPEATED.mean(axis=0))
    assert constant.mean(VALUES, None).tolist() == VALUES.mean(axis=0).tolist()
    for level in (0.05, 0.5, 0.7):
        expected = np.quantile(REPEATED, level, axis=0, method="averaged_inverted_cdf")
        assert constant.quantile(VALUES, level, EACH) == pytest.approx(expected)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_quantile_at_one_half_is_the_median(values):
    found = constant.quantile(np.array(values)[:, None], 0.5, None)
    assert found == pytest.approx([np.median(values)], rel=1e-12)


def test_a_root_is_where_the_weighted_slope_is_zero():
    found = constant.root(VALUES, np.tanh, EACH)
    assert (np.tanh(VALUES - found) * EACH).sum(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_a_logit_is_found_in_the_lower_of_two_valleys():
    found = constant.least_logit(lambda x: np.minimum((x + 3) ** 2, (x - 8.0123) ** 2 - 1))
    assert found == pytest.approx(8.0123, abs=1e-6)
