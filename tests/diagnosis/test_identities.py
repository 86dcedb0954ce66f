"""Bounds between metrics against brute force over all small tables of counts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from polyhead.diagnosis.identities import (
    auroc_range,
    f1_range,
    half_unit,
    metric_range,
    prevalence_range,
    sd_range,
    shown,
)


def counts(n: int):
    """All (TP, FP, FN, TN) of n windows with a true positive and both classes."""
    for tp, fp, fn in product(range(n + 1), repeat=3):
        tn = n - tp - fp - fn
        if tp > 0 and tn >= 0 and fp + tn > 0:
            yield tp, fp, fn, tn


@pytest.mark.parametrize("half", [0.0, 0.005, 0.05])
def test_ranges_hold_the_truth(half):
    """Of every table of 9 windows: F1, the share of positives and both ends of AUROC lie within, rounded or not."""
    for tp, fp, fn, tn in counts(9):
        n = tp + fp + fn + tn
        p, r, a = (
            (max(0.0, round(v / (2 * half)) * 2 * half - half), min(1.0, round(v / (2 * half)) * 2 * half + half))
            if half
            else (v, v)
            for v in (tp / (tp + fp), tp / (tp + fn), (tp + tn) / n)
        )
        low, high = f1_range(p, r)
        assert low - 1e-12 <= 2 * tp / (2 * tp + fp + fn) <= high + 1e-12
        shares = prevalence_range(p, r, a)
        if shares is not None:
            assert shares[0] - 1e-9 <= (tp + fn) / n <= shares[1] + 1e-9
        bounds = auroc_range(p, r, a)
        if bounds is not None:
            tpr, fpr = tp / (tp + fn), fp / (fp + tn)
            assert bounds[0] <= tpr * (1 - fpr) + 1e-9
            assert bounds[1] >= 1 - (1 - tpr) * fpr - 1e-9


def test_share_of_positives_by_hand():
    """P .5, R .5, accuracy .9: errors .1 = p (.5 + .5), so p = .1; FPR = .1 x .5 / .9 = .0556, AUROC .472 to .972."""
    assert prevalence_range((0.5, 0.5), (0.5, 0.5), (0.9, 0.9)) == pytest.approx((0.1, 0.1))
    assert auroc_range((0.5, 0.5), (0.5, 0.5), (0.9, 0.9)) == pytest.approx((0.5 * (1 - 0.05 / 0.9), 1 - 0.025 / 0.9))


def test_spread_by_hand():
    """MSE .25, R2 .75: var = .25 / .25 = 1."""
    assert sd_range((0.25, 0.25), (0.75, 0.75)) == pytest.approx((1.0, 1.0))
    assert sd_range((0.25, 0.25), (0.75, 1.0)) is None


@pytest.mark.parametrize(("value", "half"), [(0.923, 5e-4), (-2641.96, 5e-3), (1e-05, 5e-6), (0.1 + 0.2, 5e-18)])
def test_half_unit(value, half):
    assert half_unit(value) == pytest.approx(half)


def test_shown_stays_in_range():
    assert shown("recall", 1.0, 0.05).span == (0.95, 1.0)
    assert shown("recall", 92.3, 0.05).span == (92.3, 92.3)
    assert shown("mse", 1e-9).span[0] >= 0
    assert np.isinf(metric_range("bias")[0])
