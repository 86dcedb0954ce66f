"""The corners of an ROC, held against scikit-learn's curve and a count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from polyhead.report.figures.roc import roc_corners


def test_equal_scores_fall_together() -> None:
    truth, score = np.array([True, False, True, False, False]), np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    alarms, found = roc_corners(truth, score)
    # From 0.9 on one of two positives; from 0.5 on the other one with two of three negatives; then the rest.
    assert alarms.tolist() == pytest.approx([0, 0, 2 / 3, 1])
    assert found.tolist() == pytest.approx([0, 0.5, 1, 1])


@pytest.mark.parametrize("decimals", [1, 2, 6])
def test_the_curve_is_that_of_scikit_learn(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    truth = rng.random(400) < 0.3
    score = np.round(rng.normal(size=400) + truth, decimals)
    alarms, found = roc_corners(truth, score)
    expected_alarms, expected_found, _ = roc_curve(truth, score, drop_intermediate=False)
    for corner in zip(alarms, found, strict=True):
        assert np.isclose([*zip(expected_alarms, expected_found, strict=True)], corner).all(axis=1).any()
    assert np.trapezoid(found, alarms) == pytest.approx(roc_auc_score(truth, score))
    assert len(alarms) <= len(expected_alarms)


def test_what_lies_on_a_straight_line_is_no_corner() -> None:
    alarms, found = roc_corners(np.array([True] * 50 + [False] * 50), np.linspace(1, 0, 100))
    assert [*zip(alarms.tolist(), found.tolist(), strict=True)] == [(0, 0), (0, 1), (1, 1)]
