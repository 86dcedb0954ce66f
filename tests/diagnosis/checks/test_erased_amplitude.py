"""Amplitudes that scaling removes; associations computed by scipy on simulated vibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.erased_amplitude import CHECK, measure
from polyhead.trace.profile import Channel

from ..cases import Row, fires, found, healthy
from ..profiles import association, inputs, normal, with_profile

BASE = "machines"
OWN = inputs("per_recording", **{"0": {"train": normal()}})
"""A channel that each recording scales by itself."""
OWN["signal"] = replace(OWN["signal"], channels={"0": Channel({"train": normal()}, None, None)})


def lost(*others, scaled=OWN, **changed):
    one = {"fact": "signal.0.rms", "task": "life", "before": 0.9, "after": 0.02} | changed
    return lambda case: with_profile(
        replace(case, metrics=None, losses=None), associations=[association(**one), *others], inputs=scaled
    )


def plant(case: Case) -> Case:
    """The loudness of wear, lost."""
    return lost()(case)


LEVEL = association("signal.0.mean", "life", 0.9, 0.0)
ALL = inputs("standard", **{"0": {"train": normal()}})
ROWS: tuple[Row, ...] = (
    ("lost", plant, True, "0.90 to 0.02"),
    ("kept", lost(after=0.9), False, "one scaling for all"),
    ("half kept", lost(after=0.5), False, "more than half is left"),
    ("one offset", lost(scaled=ALL, after=0.3), False, "an affine map of all loses nothing"),
    ("small", lost(before=0.4), False, "the interval begins at 0.17"),
    ("few recordings", lost(recordings=6), False, "six units"),
    ("a level", lost(LEVEL), False, "erased-offset says it"),
    ("carried elsewhere", lost(association("signal.1.rms", "life", 0.9, 0.9)), False, "another channel has it: a note"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_interval_by_hand():
    """artanh 0.9 = 1.4722, 1.96/sqrt(37) = 0.3222: tanh 1.1500 = 0.818 and tanh 1.7944 = 0.946."""
    (loud,) = measure(lost(recordings=40)(healthy(BASE)))
    assert loud.interval == pytest.approx((0.818, 0.946), abs=1e-3)


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e3])
def test_vibration_that_grows_with_wear(unit):
    """scipy's rank correlation of life with the root mean square is near 1 in any unit, and 0 after a z-score each."""
    rng = np.random.default_rng(5)
    life = rng.uniform(size=64)
    x = unit * (1.2 - life)[:, None] * rng.normal(size=(64, 500))
    scaled = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)

    def told(signal):
        loud = np.sqrt((signal**2).mean(axis=1)).round(9)
        return 0.0 if len(set(loud)) == 1 else abs(spearmanr(loud, life).statistic)

    assert told(x) > 0.95
    assert told(scaled) == 0.0
    (finding,) = found(CHECK, lost(before=told(x), after=told(scaled))(healthy(BASE)))
    assert finding.severity == "warning"
    assert finding.fixes[0].patch == {"data.scaling.signal": "standard"}


def test_healthy_run_is_scaled_by_the_training_set():
    """The frozen run tells life by loudness at 0.99 before and after."""
    (life,) = [one for one in measure(healthy(BASE)) if one.task == "life"]
    assert life.before > 0.9
    assert life.after == pytest.approx(life.before, abs=0.01)
