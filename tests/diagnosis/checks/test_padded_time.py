"""Tails of equal time stamps, by hand and on padded sequences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.padded_time import CHECK
from polyhead.trace.profile import QUANTILES

from ..cases import Row, fires, found, healthy
from ..profiles import clock, windows, with_profile

BASE = "machines"


def timed(**changed):
    return lambda case: with_profile(case, time=clock(**changed))


def plant(case: Case) -> Case:
    """A tenth of the windows with a tenth of them filled up: the smallest published dose."""
    return timed(tail=0.1, tail_length=0.1, zero=0.1)(case)


def coarse(step: float):
    return dict.fromkeys(QUANTILES, step)


ROWS: tuple[Row, ...] = (
    ("a tenth", plant, True, "padding that is read"),
    ("all of them", timed(tail=1.0, tail_length=0.69, zero=1.0, steps=coarse(0.0)), True, "the median step is 0 too"),
    ("coarse clock", timed(tail=0.4, tail_length=0.3, zero=1.0, steps=coarse(0.0)), False, "stamps repeat anywhere"),
    ("one window", timed(tail=1 / 768, tail_length=0.5, zero=1 / 768), False, "a glitch"),
    ("three samples", timed(tail=0.2, tail_length=0.03, zero=0.2), False, "a mean moves by 3 %"),
    ("equal stamps inside", timed(zero=0.3), False, "no tail"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_prefix_of_the_published_generator():
    """31 samples of 30 s at 1 s, filled up to 100 by numpy's edge mode: the last 70 stamps are equal."""
    padded = np.pad(np.arange(31.0), (0, 69), mode="edge")
    tail = (padded == padded[-1]).mean()
    assert tail == 0.70
    (finding,) = found(CHECK, timed(tail=1.0, tail_length=tail, zero=1.0, steps=coarse(0.0))(healthy(BASE)))
    assert "70 % of such a window" in finding.what


def test_few_windows_and_coarse_clocks_are_noted():
    for edit in (timed(tail=1 / 768, tail_length=0.5), timed(tail=0.4, tail_length=0.3, steps=coarse(0.0))):
        (finding,) = found(CHECK, edit(healthy(BASE)))
        assert finding.severity == "note"


def test_support_is_counted_in_windows():
    """2 % of 100 windows are 2, of 1000 they are 20."""
    few, many = (
        with_profile(timed(tail=0.02, tail_length=0.3, zero=0.02)(healthy(BASE)), windows=windows(total=total))
        for total in (100, 1000)
    )
    assert not fires(CHECK, few)
    assert fires(CHECK, many)


def test_mask_is_offered_only_where_windows_are_cut():
    case = plant(healthy("detector"))
    assert found(CHECK, case)[0].fixes[1].patch == {}
    assert found(CHECK, plant(healthy("machines")))[0].fixes[1].patch == {"data.window.short": "mask"}
    assert found(CHECK, replace(case, config=None))
