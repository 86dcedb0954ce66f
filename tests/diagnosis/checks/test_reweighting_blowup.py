"""Weights of windows: even, capped, and blown up by a lone bin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.experiment import ReweightingOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.reweighting_blowup import CHECK, measure
from polyhead.trace.profile import WeightsProfile

from ..cases import Row, fires, found, healthy

BASE = "machines"


def weighted(weights: np.ndarray, *tasks: str):
    """The healthy run with these weights of training windows."""

    def edit(case: Case) -> Case:
        w = np.asarray(weights, float)
        spread = WeightsProfile(len(w), float(w.sum() ** 2 / (w @ w)), float(w.max() / np.median(w)))
        named = {task: ReweightingOptions() for task in tasks or ("life",)}
        config = case.config.model_copy(update={"reweighting": named})
        return replace(case, config=config, profile=replace(case.profile, weights=spread))

    return edit


def outlier(ratio: float) -> np.ndarray:
    return np.append(np.ones(539), ratio)


def plant(case: Case) -> Case:
    """The smallest injury: one window in an empty corner, with a hundred times the usual weight."""
    return weighted(outlier(100))(case)


GAUSS = np.random.default_rng(0).normal(size=5000)
COUNT, EDGE = np.histogram(GAUSS, 30)
INVERSE = 1 / COUNT[np.clip(np.digitize(GAUSS, EDGE[1:-1]), 0, 29)]

ROWS: tuple[Row, ...] = (
    ("one of 100", plant, True, "(639)^2 / (539 + 10^4) = 39 of 540"),
    ("one of 10 000", weighted(outlier(1e4)), True, "one window is left"),
    ("inverse counts", weighted(INVERSE), True, "a normal target in 30 bins: the tails hold nearly all"),
    ("one in twenty", weighted(np.repeat([1.0, 90.0], [513, 27])), True, "(0.95 + 4.5)^2 / (0.95 + 405) = 0.07"),
    ("one of 10", weighted(outlier(10)), False, "(549)^2 / (539 + 100) = 472 of 540"),
    ("capped", weighted(np.minimum(INVERSE, 10 * np.median(INVERSE))), False, "no window over ten times the median"),
    ("two to one", weighted(np.repeat([1.0, 2.0], 270)), False, "0.9 of the windows"),
    ("even", weighted(np.ones(540)), False, "all alike"),
    ("none", lambda case: case, False, "no weights: not checked"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_by_hand():
    """999 of weight 1 and one of 1000: 1999^2 / (999 + 10^6) = 3.992, of 1000 windows."""
    (spread,) = measure(weighted(np.append(np.ones(999), 1000.0))(healthy(BASE)))
    assert spread.effective == pytest.approx(3.992, abs=1e-3)
    assert spread.share == pytest.approx(0.003992, abs=1e-6)


def test_scale_of_the_weights_does_not_matter():
    (one,) = found(CHECK, plant(healthy(BASE)))
    (ten,) = found(CHECK, weighted(10 * outlier(100))(healthy(BASE)))
    assert one == ten


def test_patch_caps_each_target():
    (finding,) = found(CHECK, weighted(outlier(1e4), "life", "anomaly")(healthy(BASE)))
    assert finding.fixes[0].patch == {"reweighting.life.cap": 10.0, "reweighting.anomaly.cap": 10.0}
    assert finding.scope.task is None
    ReweightingOptions(cap=finding.fixes[0].patch["reweighting.life.cap"])
