"""Time steps that nothing tells, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.missing_dt import CHECK

from ..cases import Row, fires, found, healthy
from ..profiles import clock, with_profile

BASE = "machines"


def timed(**changed):
    return lambda case: with_profile(case, time=clock(**changed))


def plant(case: Case) -> Case:
    """Windows at 1 s and 3 s."""
    return timed(spread=3.0)(case)


def with_rate(case: Case) -> Case:
    data = case.config.data
    rate = data.inputs["signal"].model_copy(update={"key": None, "keys": ["fs"]})
    data = data.model_copy(update={"sampling_hz": "fs", "inputs": {**data.inputs, "rate": rate}})
    return replace(plant(case), config=case.config.model_copy(update={"data": data}))


ROWS: tuple[Row, ...] = (
    ("three times", plant, True, "two rates"),
    ("12 and 48 kHz", timed(spread=4.0, source="sampling_hz"), True, "two rates"),
    ("irregular", timed(within=5.0), True, "steps differ within windows"),
    ("daily bars", timed(within=3.0, steps={"0.5": 86400.0}), False, "weekends: one rate and a calendar"),
    ("daily and weekly", timed(within=7.0, steps={"0.5": 86400.0}), True, "no weekend is so long"),
    ("days at two rates", timed(spread=7.0, within=3.0, steps={"0.5": 86400.0}), True, "daily and weekly recordings"),
    ("every third hour", timed(within=3.0, steps={"0.5": 3600.0}), True, "no calendar of days"),
    ("told", timed(spread=10.0, spread_scaled=10.0, as_input="time"), False, "time is an input"),
    ("erased", timed(spread=10.0, spread_scaled=1.0, as_input="time"), False, "erased-sampling-rate says it"),
    ("rate told", with_rate, False, "the sampling rate is an input"),
    ("jitter", timed(spread=1.1, within=1.4), False, "clocks that wander"),
    ("resampled", timed(spread=1.0, source="sampling_hz"), False, "one rate"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_spread_of_three_rates():
    """A third each at 0.3, 1 and 10 s: 5 % and 95 % quantiles by numpy are 0.3 and 10, their ratio 33.3."""
    low, high = np.quantile(np.repeat([0.3, 1.0, 10.0], 100), [0.05, 0.95])
    (finding,) = found(CHECK, timed(spread=high / low)(healthy(BASE)))
    assert "33.3" in finding.what


def test_time_is_advised_in_windows():
    """96 steps of 1 s are about 100 s: of a window of 64 bars a day apart 64 x 86400 = 5.5e6, raw seconds of which no
    network trains on."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.fixes[0].patch == {"data.scaling.time": {"seconds": 100.0}}
    case = timed(spread=3.0, steps={"0.5": 86400.0})(healthy(BASE))
    case = replace(case, profile=replace(case.profile, windows=replace(case.profile.windows, length=64)))
    (finding,) = found(CHECK, case)
    assert finding.fixes[0].patch == {"data.scaling.time": {"seconds": 6e6}}


def test_key_of_the_rate_becomes_an_input():
    case = timed(spread=4.0, source="sampling_hz")(healthy(BASE))
    data = case.config.data.model_copy(update={"sampling_hz": "fs"})
    case = replace(case, config=case.config.model_copy(update={"data": data}))
    (finding,) = found(CHECK, case)
    assert finding.fixes[0].patch == {"data.inputs.rate": {"keys": ["fs"]}}


def test_of_a_foreign_profile_without_configuration():
    (finding,) = found(CHECK, replace(plant(healthy(BASE)), config=None))
    assert finding.severity == "warning"


def test_units_of_time_do_not_matter():
    case = plant(healthy(BASE))
    in_ms = replace(case.profile.time, steps={k: 1000 * v for k, v in case.profile.time.steps.items()})
    (one,), (other,) = found(CHECK, with_profile(case, time=in_ms)), found(CHECK, case)
    assert (one.what, one.severity, one.evidence) == (other.what, other.severity, other.evidence)
    assert one.fixes[0].patch == {"data.scaling.time": {"seconds": 100e3}}
