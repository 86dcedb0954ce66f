"""Levels that scaling removes; associations computed by scipy on simulated pH curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.erased_offset import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..profiles import association, with_profile

BASE = "detector"


def lost(*others, **changed):
    one = {"fact": "signal.0.mean", "task": "energy", "before": 0.8, "after": 0.05} | changed
    return lambda case: with_profile(unsolved(case), associations=[association(**one), *others])


def unsolved(case: Case) -> Case:
    """The case without scores, so that only the data speak."""
    return replace(case, metrics=None, losses=None)


def plant(case: Case) -> Case:
    """The level of one channel, lost."""
    return lost()(case)


RMS = association("signal.0.rms", "energy", 0.95, 0.0)
ROWS: tuple[Row, ...] = (
    ("lost", plant, True, "0.80 to 0.05"),
    ("lost first value", lost(fact="signal.0.first"), True, "the initial level"),
    ("kept", lost(after=0.8), False, "one scaling for all"),
    ("half kept", lost(after=0.45), False, "more than half is left"),
    ("small", lost(before=0.4), False, "the interval begins at 0.17"),
    ("few recordings", lost(recordings=6), False, "six units"),
    ("amplitude", lost(RMS), False, "erased-amplitude says it"),
    (
        "carried elsewhere",
        lost(association("known.0.value", "energy", 0.8, 0.8)),
        False,
        "a known input has it: a note",
    ),
    ("other task", lost(association("known.0.value", "angle", 0.8, 0.8)), True, "that is another task's"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_interval_by_hand():
    """artanh 0.8 = 1.0986, 1.96/sqrt(61) = 0.2510: tanh 0.8477 = 0.690 and tanh 1.3496 = 0.874."""
    (level,) = measure(plant(healthy(BASE)))
    assert level.interval == pytest.approx((0.690, 0.874), abs=1e-3)


def test_ph_curves_scaled_each_by_itself():
    """A target that is the initial pH: scipy's rank correlations before and after are what is judged."""
    rng = np.random.default_rng(3)
    start = rng.uniform(6.5, 7.5, 64)
    curves = start[:, None] + 1.5 * (1 - np.exp(-np.arange(100) / 20)) + 0.01 * rng.normal(size=(64, 100))
    scaled = (curves - curves.mean(axis=1, keepdims=True)) / curves.std(axis=1, keepdims=True)
    before = spearmanr(curves.mean(axis=1), start).statistic
    assert np.abs(scaled.mean(axis=1)).max() < 1e-12  # all alike: nothing is left to rank
    after = 0.0
    assert before > 0.95
    (finding,) = found(CHECK, lost(before=before, after=after)(healthy(BASE)))
    assert finding.severity == "warning"
    assert finding.scope.task == "energy"


def test_a_task_that_learned_makes_it_a_note():
    case = with_profile(healthy(BASE), associations=[association("signal.0.mean", "energy", 0.8, 0.05)])
    name, score = case.score("energy")
    score = replace(score, skill=0.95, primary=True)
    split = case.judged
    case = replace(case, metrics={split: {**case.metrics[split], "energy": {name: score}}})
    (finding,) = found(CHECK, case)
    assert finding.severity == "note"
    assert finding.counter_evidence


def test_order_of_associations_does_not_matter():
    case = lost(association("signal.0.first", "energy", 0.6, 0.0), association("signal.1.mean", "angle", 0.9, 0.0))(
        healthy(BASE)
    )
    turned = with_profile(case, associations=case.profile.associations[::-1])
    assert sorted(f.what for f in found(CHECK, turned)) == sorted(f.what for f in found(CHECK, case))
    assert [f.scope.channel for f in found(CHECK, case)] == ["signal.0.mean", "signal.1.mean"]
