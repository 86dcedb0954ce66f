"""Time steps before and after scaling, computed on real sequences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.erased_sampling_rate import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..profiles import clock, with_profile

BASE = "machines"


def steps_of(scale, fast=1.0, slow=10.0):
    """The ratio of time steps of two sequences of 100 samples after `scale`, by numpy."""
    t = np.stack([np.arange(100) * fast, np.arange(100) * slow])
    dt = np.median(np.diff(scale(t), axis=1), axis=1)
    return dt.max() / dt.min()


def per_sequence(t):
    return (t - t.mean(axis=1, keepdims=True)) / t.std(axis=1, keepdims=True)


def altogether(t):
    return (t - t.mean()) / t.std()


def timed(case: Case, before: float, after: float | None, scaling: str = "per_recording") -> Case:
    time = clock(as_input="clock", scaling=scaling, spread=before, spread_scaled=after)
    return with_profile(case, time=time)


def plant(case: Case) -> Case:
    """A z-score of each sequence, at 1 s and 3 s: the smallest published dose."""
    return timed(case, 3.0, steps_of(per_sequence, 1.0, 3.0))


def with_rate(case: Case) -> Case:
    """The same, with the sampling rate read as an input too."""
    rate = case.config.data.inputs["signal"].model_copy(update={"key": "fs"})
    data = case.config.data.model_copy(
        update={"sampling_hz": "fs", "inputs": {**case.config.data.inputs, "rate": rate}}
    )
    return replace(plant(case), config=case.config.model_copy(update={"data": data}))


ROWS: tuple[Row, ...] = (
    ("per sequence", plant, True, "all steps become 0.0346"),
    ("one for all", lambda case: timed(case, 10.0, steps_of(altogether), "standard"), False, "an affine map keeps 10"),
    ("named per_recording", lambda case: timed(case, 10.0, 10.0), False, "numbers decide, not names"),
    ("named standard", lambda case: timed(case, 10.0, 1.0, "standard"), True, "numbers decide, not names"),
    ("one rate", lambda case: timed(case, 1.0, 1.0), False, "nothing to erase"),
    ("jitter", lambda case: timed(case, 1.4, 1.0), False, "clocks that wander"),
    ("half left", lambda case: timed(case, 10.0, 3.3), False, "log 3.3 / log 10 = 0.52"),
    ("a little left", lambda case: timed(case, 10.0, 2.0), True, "log 2 / log 10 = 0.30"),
    ("rate given", with_rate, False, "the rate comes by another input"),
    ("no input", lambda case: with_profile(case, time=clock(spread=10.0)), False, "missing-dt says it"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_published_ratios():
    """The audit's own numbers: a global affine map keeps 10.0, a z-score per sequence gives 1.0."""
    assert steps_of(altogether) == pytest.approx(10.0)
    assert steps_of(per_sequence) == pytest.approx(1.0)
    sd = np.sqrt((100**2 - 1) / 12)
    assert np.median(np.diff(per_sequence(np.arange(100.0)[None]))) == pytest.approx(1 / sd)
    (rates,) = measure(timed(healthy(BASE), 10.0, 10**0.5))
    assert rates.kept == pytest.approx(0.5)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_of_time_do_not_matter(unit):
    assert steps_of(lambda t: per_sequence(t * unit)) == pytest.approx(1.0)
    case = plant(healthy(BASE))
    time = replace(case.profile.time, steps={k: v * unit for k, v in case.profile.time.steps.items()})
    assert found(CHECK, with_profile(case, time=time)) == found(CHECK, case)


def test_seconds_are_offered_where_there_are_stamps():
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.fixes[0].patch == {"data.scaling.time": "seconds"}
    assert finding.severity == "warning"
