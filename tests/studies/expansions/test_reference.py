"""Boosting on problems whose answers are known."""

from __future__ import annotations

import numpy as np

from polyhead.studies.expansions.reference import boosting, lagged

SPLIT = {"train": np.arange(60), "val": np.arange(60, 80), "test": np.arange(80, 100)}


def marked(seed):
    """Marks (window, bar) with one span of 3 to 9 bars in each window of 40."""
    rng = np.random.default_rng(seed)
    marks = np.zeros((100, 40), dtype=np.int64)
    for row in marks:
        at = rng.integers(0, 30)
        row[at : at + rng.integers(3, 10)] = 1
    return marks


def test_lags_reach_back_and_know_nothing_before_the_window():
    table = lagged(np.array([[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]]), range(2))
    np.testing.assert_array_equal(table, [[[1, 10, np.nan, np.nan], [2, 20, 1, 10], [3, 30, 2, 20]]])


def test_what_the_features_show_is_found():
    marks = marked(0)
    signal = (marks + np.random.default_rng(1).normal(0, 0.1, marks.shape))[:, None]
    scores = boosting(signal, marks, SPLIT)
    assert scores["span_f1_50"] > 0.95
    assert scores["boundary_mae"] < 0.2
    assert scores["separation"] > 0.9


def test_nothing_is_found_in_noise():
    signal = np.random.default_rng(2).normal(size=(100, 1, 40))
    scores = boosting(signal, marked(0), SPLIT)
    assert scores["span_f1_50"] < 0.15
    assert abs(scores["separation"]) < 0.05
